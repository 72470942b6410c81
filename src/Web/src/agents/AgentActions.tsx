import { useMutation } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Dropdown } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AgentService, AgentState, type Agent } from '../gen/orbit/v1/agents_pb';
import { useAsk } from '../ui/useAct';
import { DeedDialog, type Deed } from './DeedDialog';

/** What an administrator can do with an agent; each says before what will happen. */
export function AgentActions({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const resume = useMutation(AgentService.method.resumeAgent);
  const rotate = useMutation(AgentService.method.rotateAgentKey);
  const remove = useMutation(AgentService.method.deleteAgent);
  const [deed, setDeed] = useState<Deed>();
  const { id, name, state } = agent;
  const out = [AgentState.DRAINING, AgentState.DISABLED, AgentState.QUARANTINED].includes(state);
  const andRead = (call: Promise<unknown>) => call.then(() => client.invalidateQueries());

  const items = [
    out && {
      key: 'resume',
      label: t('agents.resume'),
      onClick: () =>
        ask(
          {
            title: t('agents.resumeTitle', { name }),
            what: t('agents.resumeWhat'),
            ok: t('agents.resume'),
            danger: false,
            done: t('common.saved'),
          },
          () => andRead(resume.mutateAsync({ id })),
        ),
    },
    (!out || state === AgentState.DRAINING) && {
      key: 'drain',
      label: out ? t('fleet.drainAnew') : t('agents.drain'),
      onClick: () => setDeed('drain'),
    },
    {
      key: 'rotate',
      label: t('fleet.rotate'),
      onClick: () =>
        ask(
          {
            title: t('fleet.rotateTitle', { name }),
            what: t('fleet.rotateWhat'),
            ok: t('fleet.rotate'),
            danger: false,
            done: t('common.saved'),
          },
          () => andRead(rotate.mutateAsync({ id })),
        ),
    },
    state !== AgentState.DISABLED && { key: 'disable', label: t('agents.disable'), danger: true, onClick: () => setDeed('disable') },
    { key: 'revoke', label: t('fleet.revoke'), danger: true, onClick: () => setDeed('revoke') },
    {
      key: 'delete',
      label: t('common.delete'),
      danger: true,
      onClick: () =>
        ask(
          { title: t('agents.deleteTitle', { name }), what: t('agents.deleteWhat'), ok: t('common.delete'), done: t('common.deleted') },
          () => andRead(remove.mutateAsync({ id })),
        ),
    },
  ].filter((item) => item !== false);

  return (
    <>
      <Dropdown trigger={['click']} menu={{ items }}>
        <Button size="small" aria-label={t('agents.actionsOf', { name })}>
          ⋯
        </Button>
      </Dropdown>
      {deed && <DeedDialog deed={deed} agent={agent} onClose={() => setDeed(undefined)} />}
    </>
  );
}
