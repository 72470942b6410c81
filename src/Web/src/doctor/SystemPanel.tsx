import { useQuery } from '@connectrpc/connect-query';
import { useTranslation } from 'react-i18next';
import { PartState, StatusService } from '../gen/orbit/v1/status_pb';
import type { Tone } from '../runs/state';
import { Badge, Loading, Problem } from '../ui/bits';
import { When } from '../ui/time';

const TONES: Record<PartState, Tone> = {
  [PartState.UNSPECIFIED]: 'odd',
  [PartState.OK]: 'ok',
  [PartState.DEGRADED]: 'warn',
  [PartState.DOWN]: 'bad',
};

/** Milliseconds between two looks. */
const LOOK = 10_000;

/** Whether each part of the system works, and if not, why. */
export function SystemPanel() {
  const { t } = useTranslation();
  const status = useQuery(StatusService.method.getStatus, {}, { retry: false, refetchInterval: LOOK });
  return (
    <section className="panel" aria-labelledby="system">
      <div className="head row wrap">
        <h2 id="system" className="grow">
          {t('system.title')}
        </h2>
        {status.data && (
          <span className="dim clip" title={status.data.version}>
            {t('system.since', { version: status.data.version.split('+')[0] })} <When time={status.data.startedAt} />
          </span>
        )}
      </div>
      {status.error ? (
        <Problem error={status.error} onRetry={() => void status.refetch()} />
      ) : status.isPending ? (
        <Loading />
      ) : (
        <ul className="short-list">
          {status.data.parts.map((part) => (
            <li key={part.name}>
              <Badge tone={TONES[part.state] ?? 'odd'}>{t(`system.state.${PartState[part.state] as 'OK'}`)}</Badge>
              <span>{t(`system.part.${part.name}` as 'system.part.feed', part.name)}</span>
              <span className="dim grow" style={{ overflowWrap: 'anywhere' }}>
                {part.reason}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
