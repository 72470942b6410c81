import { useMutation } from '@connectrpc/connect-query';
import { useNavigate } from '@tanstack/react-router';
import { App, Button, Dropdown, Input, InputNumber } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { RunService, RunStatus, Verdict, type Run } from '../gen/orbit/v1/runs_pb';
import { useSession } from '../session/SessionProvider';
import { ErrorText } from '../ui/bits';
import { useAct } from '../ui/useAct';
import { isOver } from './state';

/** What can be done with a run now. Everything that ends or changes something says what, and asks. */
export function RunActions({ run }: { run: Run }) {
  const { t } = useTranslation();
  const { modal, message, notification } = App.useApp();
  const { me } = useSession();
  const act = useAct();
  const cancel = useMutation(RunService.method.cancelRun);
  const rerun = useMutation(RunService.method.rerunRun);
  const rollback = useMutation(RunService.method.rollbackRun);
  const declare = useMutation(RunService.method.declareRunEnded);
  const extend = useMutation(RunService.method.extendRun);
  const pin = useMutation(RunService.method.pinRun);
  const remove = useMutation(RunService.method.deleteRun);
  const navigate = useNavigate();
  const over = isOver(run.status);
  const failed =
    (run.summary?.failed ?? 0) +
    (run.summary?.broken ?? 0) +
    (run.summary?.interrupted ?? 0) +
    (run.summary?.notRun ?? 0) +
    (run.summary?.unknown ?? 0);
  const deployed = run.steps.some((step) => step.name === 'replace') || run.attempts.some((attempt) => attempt.kind === 'deploy');
  const running = run.steps.find((step) => step.status === 2)?.name;

  const ask = (title: string, content: ReactNode, okText: string, danger: boolean, act: () => Promise<unknown>, done: string) =>
    modal.confirm({
      title,
      content,
      okText,
      okButtonProps: { danger, autoFocus: !danger },
      cancelText: t('common.back'),
      onOk: async () => {
        try {
          await act();
          void message.success(done);
        } catch (error) {
          notification.error({ title, description: <ErrorText error={error} />, duration: 0 });
        }
      },
    });

  const askCancel = () => {
    let reason = '';
    const what =
      run.status === RunStatus.PENDING
        ? t('act.cancelWaiting')
        : t('act.cancelRunning', { step: running ? t(`step.${running}` as 'step.test', running) : '', agent: run.agent });
    ask(
      t('act.cancelTitle', { id: String(run.id) }),
      <Reason what={what} onChange={(text) => (reason = text)} />,
      t('act.cancel'),
      true,
      () => cancel.mutateAsync({ id: run.id, reason }),
      t('act.cancelDone'),
    );
  };
  const askRerun = (failedOnly: boolean) =>
    ask(
      failedOnly ? t('act.rerunFailedTitle') : t('act.rerunTitle'),
      failedOnly
        ? t('act.rerunFailedWhat', { count: failed, agent: run.agent })
        : t('act.rerunWhat', { build: run.buildNumber, agent: run.agent }),
      failedOnly ? t('act.rerunFailed') : t('act.rerun'),
      false,
      () => rerun.mutateAsync({ id: run.id, failedOnly }),
      t('act.queued'),
    );
  const askRollback = () =>
    ask(
      t('act.rollbackTitle'),
      t('act.rollbackWhat', { item: run.testItemName, agent: run.agent }),
      t('act.rollback'),
      true,
      () => rollback.mutateAsync({ id: run.id }),
      t('act.queued'),
    );
  const askDeclare = () => {
    let reason = '';
    ask(
      t('act.declareTitle'),
      <Reason what={t('act.declareWhat', { agent: run.agent })} onChange={(text) => (reason = text)} />,
      t('act.declare'),
      true,
      () => declare.mutateAsync({ id: run.id, reason }),
      t('act.declareDone'),
    );
  };

  const askExtend = () => {
    let minutes = 30;
    ask(
      t('act.extendTitle'),
      <div className="stack">
        <p>{t('act.extendWhat')}</p>
        <InputNumber
          aria-label={t('act.minutes')}
          min={1}
          max={1440}
          defaultValue={30}
          suffix={t('act.minutes')}
          onChange={(value) => (minutes = value ?? 30)}
        />
      </div>,
      t('act.extend'),
      false,
      () => extend.mutateAsync({ id: run.id, seconds: BigInt(minutes * 60) }),
      t('common.saved'),
    );
  };
  const askDelete = () =>
    ask(
      t('act.deleteTitle', { id: String(run.id) }),
      t('act.deleteWhat'),
      t('common.delete'),
      true,
      async () => {
        await remove.mutateAsync({ id: run.id });
        await navigate({ to: '/runs' });
      },
      t('common.deleted'),
    );
  const togglePin = () => act(() => pin.mutateAsync({ id: run.id, pinned: run.pinnedBy === '' }), t('common.saved'), t('act.pin'));
  const more = [
    ...(over ? [] : [{ key: 'extend', label: t('act.extend'), onClick: askExtend }]),
    { key: 'pin', label: run.pinnedBy ? t('act.unpin') : t('act.pin'), onClick: () => void togglePin() },
    ...(over && deployed ? [{ key: 'rollback', label: t('act.rollback'), danger: true, onClick: askRollback }] : []),
    ...(over && me.isAdmin ? [{ key: 'delete', label: t('common.delete'), danger: true, onClick: askDelete }] : []),
  ];

  return (
    <div className="row actions">
      {run.reportUrl && (
        <Button href={`/reports/${run.id}/`} target="_blank" rel="noreferrer">
          {t('run.openReport')}
        </Button>
      )}
      {over && failed > 0 && run.verdict !== Verdict.PASSED && (
        <Button type="primary" onClick={() => askRerun(true)}>
          {t('act.rerunFailed')}
        </Button>
      )}
      {over && <Button onClick={() => askRerun(false)}>{t('act.rerun')}</Button>}
      {!over && run.contactLostSince && me.isAdmin && <Button onClick={askDeclare}>{t('act.declare')}</Button>}
      {!over && (
        <Button danger disabled={run.cancelRequested} onClick={askCancel}>
          {run.cancelRequested ? t('run.cancelling') : t('act.cancel')}
        </Button>
      )}
      <Dropdown trigger={['click']} menu={{ items: more }}>
        <Button aria-label={t('act.more')}>⋯</Button>
      </Dropdown>
    </div>
  );
}

function Reason({ what, onChange }: { what: string; onChange: (text: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  return (
    <div className="stack">
      <p>{what}</p>
      <Input
        aria-label={t('act.reason')}
        placeholder={t('act.reason')}
        maxLength={500}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          onChange(event.target.value);
        }}
      />
    </div>
  );
}
