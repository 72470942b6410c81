import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../app/title';
import { DoctorService, type CheckResult } from '../gen/orbit/v1/doctor_pb';
import { Badge, Loading, Problem } from '../ui/bits';
import { useAsk } from '../ui/useAct';
import { KeepingPanel } from './KeepingPanel';
import { SystemPanel } from './SystemPanel';

/** What does not fit together in the stored state: what it means, and what mends it. */
export function DoctorPage() {
  const { t } = useTranslation();
  useTitle(t('nav.doctor'));
  const examine = useQuery(DoctorService.method.examine, {}, { retry: false, staleTime: 0 });
  const checks = examine.data?.checks ?? [];
  const found = checks.filter((one) => one.objects.length > 0);
  const sound = checks.filter((one) => one.objects.length === 0);
  return (
    <div className="page">
      <header>
        <div className="grow">
          <h1>{t('nav.doctor')}</h1>
          <p className="dim">{t('doctor.about')}</p>
        </div>
        <Button type="primary" onClick={() => void examine.refetch()}>
          {t('doctor.again')}
        </Button>
      </header>
      <SystemPanel />
      {examine.error && <Problem error={examine.error} onRetry={() => void examine.refetch()} />}
      {examine.isPending && <Loading />}
      {examine.data && (
        <div className={`notice ${found.length === 0 ? 'run' : 'warn'}`} role="status">
          <strong>{found.length === 0 ? t('doctor.sound', { count: checks.length }) : t('doctor.found', { count: found.length })}</strong>
        </div>
      )}
      {found.map((check) => (
        <Finding key={check.name} check={check} onMended={() => void examine.refetch()} />
      ))}
      {sound.length > 0 && (
        <details className="panel">
          <summary className="body">{t('doctor.nothing', { count: sound.length })}</summary>
          <ul className="body stack" style={{ gap: 10 }}>
            {sound.map((check) => (
              <li key={check.name}>
                <code>{check.name}</code>
                <div className="dim">{check.meaning}</div>
              </li>
            ))}
          </ul>
        </details>
      )}
      <KeepingPanel />
    </div>
  );
}

function Finding({ check, onMended }: { check: CheckResult; onMended: () => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const mend = useMutation(DoctorService.method.mend);
  const count = `${check.objects.length}${check.more ? '+' : ''}`;
  return (
    <section className="panel" aria-label={check.name}>
      <div className="head row wrap">
        <h2 className="mono">{check.name}</h2>
        <Badge tone="warn">{count}</Badge>
        <span className="grow" />
        {check.mendable && (
          <Button
            onClick={() =>
              ask(
                {
                  title: t('doctor.mendTitle', { check: check.name }),
                  what: (
                    <>
                      <p>{t('doctor.mendWhat', { count })}</p>
                      <p>{check.remedy}</p>
                    </>
                  ),
                  ok: t('doctor.mend'),
                  done: t('doctor.mended'),
                },
                async () => {
                  await mend.mutateAsync({ check: check.name });
                  onMended();
                },
              )
            }
          >
            {t('doctor.mend')}
          </Button>
        )}
      </div>
      <div className="body stack" style={{ gap: 8 }}>
        <p>{check.meaning}</p>
        <p className="dim">{check.remedy}</p>
        {!check.mendable && <p className="dim">{t('doctor.byHand')}</p>}
        <ul className="mono" style={{ maxHeight: 220, overflow: 'auto' }} tabIndex={0} aria-label={t('doctor.objects')}>
          {check.objects.map((object) => (
            <li key={object}>
              <Named object={object} />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

/** `run:17 Running` leads to the run. */
function Named({ object }: { object: string }) {
  const run = /^run:(\d+)(.*)$/.exec(object);
  if (!run?.[1]) return <>{object}</>;
  return (
    <>
      <Link to="/runs/$runId" params={{ runId: run[1] }}>
        run:{run[1]}
      </Link>
      {run[2]}
    </>
  );
}
