import { useMutation } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { AgentService, type Agent } from '../gen/orbit/v1/agents_pb';
import { Badge } from '../ui/bits';
import { When } from '../ui/time';
import { useAct } from '../ui/useAct';
import { wrongFirst } from './check';

/** What an agent found when it last looked at its host, and the button to have it look now. */
export function CheckPanel({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const act = useAct();
  const client = useQueryClient();
  const look = useMutation(AgentService.method.checkAgent);
  const { check, name } = agent;
  const now = async () => {
    if (await act(() => look.mutateAsync({ id: agent.id }), t('fleet.checked', { name }), t('fleet.checkNow')))
      await client.invalidateQueries();
  };
  return (
    <section className="stack" style={{ gap: 8 }} aria-label={t('fleet.findings', { name })}>
      <div className="row wrap">
        <h2>{t('fleet.findings', { name })}</h2>
        <span className="dim">
          {check ? (
            <>
              {t('fleet.lastChecked')} <When time={check.checkedAt} />
            </>
          ) : (
            t('fleet.neverChecked')
          )}
        </span>
        <span className="grow" />
        <Button size="small" loading={look.isPending} onClick={() => void now()}>
          {t('fleet.checkNow')}
        </Button>
      </div>
      {check && (
        <dl className="facts">
          {wrongFirst(check).map((one) => (
            <Finding key={one.name} name={one.name} ok={one.ok} text={one.text} />
          ))}
        </dl>
      )}
    </section>
  );
}

function Finding({ name, ok, text }: { name: string; ok: boolean; text: string }) {
  const { t } = useTranslation();
  return (
    <>
      <dt>
        <FindingName name={name} />
      </dt>
      <dd>
        <Badge tone={ok ? 'ok' : 'bad'}>{ok ? t('fleet.fine') : t('fleet.notFine')}</Badge> {text}
      </dd>
    </>
  );
}

/** What was looked at, in the reader's language; what a newer agent looks at by its own name. */
export function FindingName({ name }: { name: string }) {
  const { t } = useTranslation();
  return <>{t(`fleet.finding.${name}` as 'fleet.finding.disk', name)}</>;
}
