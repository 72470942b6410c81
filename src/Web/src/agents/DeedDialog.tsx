import { useMutation } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AgentService, type Agent } from '../gen/orbit/v1/agents_pb';
import { Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { spanText, minuteText, useNow } from '../ui/time';
import { drainEnd } from './check';

/** What takes an agent out of work; each can say why. */
export type Deed = 'drain' | 'disable' | 'revoke';

/** Seconds; 0: until somebody resumes it. */
const SPANS = [0, 1800, 3600, 7200, 14_400, 28_800, 86_400, 604_800];

/** Asks before an agent is taken out of work: says what ends, and takes down why, and for how long. */
export function DeedDialog({ deed, agent, onClose }: { deed: Deed; agent: Agent; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const now = useNow();
  const drain = useMutation(AgentService.method.drainAgent);
  const disable = useMutation(AgentService.method.disableAgent);
  const revoke = useMutation(AgentService.method.revokeAgentKey);
  const [note, setNote] = useState(deed === 'drain' ? agent.note : '');
  const [span, setSpan] = useState(0);
  const { id, name } = agent;
  const call = deed === 'drain' ? drain : deed === 'disable' ? disable : revoke;
  const until = drainEnd(now, span);
  const ends = agent.running.length > 0 ? t('agents.hasWork', { count: agent.running.length }) : t('agents.isIdle');
  const what = { drain: t('fleet.drainWhat'), disable: t('agents.disableWhat'), revoke: t('fleet.revokeWhat') }[deed];
  const ok = { drain: t('agents.drain'), disable: t('agents.disable'), revoke: t('fleet.revoke') }[deed];
  const save = async () => {
    const asked =
      deed === 'drain'
        ? drain.mutateAsync({ id, note, forS: BigInt(span) })
        : deed === 'disable'
          ? disable.mutateAsync({ id, note })
          : revoke.mutateAsync({ id, note });
    if (!(await asked.catch(() => undefined))) return; // the refusal stands in the dialog
    await client.invalidateQueries();
    onClose();
  };
  return (
    <Modal
      open
      title={
        { drain: t('agents.drainTitle', { name }), disable: t('agents.disableTitle', { name }), revoke: t('fleet.revokeTitle', { name }) }[
          deed
        ]
      }
      okText={ok}
      okButtonProps={{ danger: deed !== 'drain' }}
      cancelText={t('common.cancel')}
      confirmLoading={call.isPending}
      onOk={() => void save()}
      onCancel={onClose}
    >
      <div className="stack">
        <p>
          {what} {ends}
        </p>
        {deed === 'drain' && (
          <Field
            label={t('fleet.howLong')}
            hint={until === undefined ? t('fleet.untilResumed') : t('fleet.worksAgain', { time: minuteText(until, i18n.language) })}
          >
            <Select
              value={span}
              onChange={setSpan}
              options={SPANS.map((value) => ({ value, label: value === 0 ? t('fleet.noEnd') : spanText(value * 1000) }))}
            />
          </Field>
        )}
        <Field label={t('fleet.why')} hint={t('fleet.whyHint')}>
          <Input maxLength={500} value={note} onChange={(event) => setNote(event.target.value)} />
        </Field>
        {call.error && <Problem error={call.error} />}
      </div>
    </Modal>
  );
}
