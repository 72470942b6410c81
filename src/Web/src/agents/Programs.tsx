import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgentPackage } from '../gen/orbit/v1/agent_upgrades_pb';
import type { Agent } from '../gen/orbit/v1/agents_pb';
import type { Tone } from '../runs/state';
import { Badge, CopyButton, Empty, Loading } from '../ui/bits';
import { sizeText } from '../ui/size';
import { programsOf, type Fit } from './upgradePlan';

const TONES: Record<Fit, Tone> = { current: 'ok', other: 'warn', fixed: 'idle' };

/** What is offered, and who runs what. */
export function Programs({
  agents,
  packages,
  pending,
  children,
}: {
  agents: Agent[];
  packages: AgentPackage[];
  pending: boolean;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <section className="panel" aria-labelledby="programs">
      <div className="head row wrap">
        <h2 id="programs" className="grow">
          {t('upgrades.offered')}
        </h2>
        {children}
      </div>
      {pending ? (
        <Loading />
      ) : packages.length === 0 ? (
        <Empty title={t('upgrades.nothing')}>{t('upgrades.nothingHint')}</Empty>
      ) : (
        <ul className="short-list">
          {packages.map((one) => (
            <li key={one.system}>
              <b className="mono">{one.version}</b>
              <span>{one.system}</span>
              <span className="dim num">{sizeText(Number(one.size))}</span>
              <span className="dim mono clip grow" title={one.sha256}>
                {one.sha256.slice(0, 16)}…
              </span>
              <CopyButton text={one.sha256} />
            </li>
          ))}
        </ul>
      )}
      {agents.length > 0 && (
        <div className="body stack" style={{ gap: 6 }}>
          <h2>{t('upgrades.whoRunsWhat')}</h2>
          <ul className="stack" style={{ gap: 4 }}>
            {programsOf(agents, packages).map((one) => (
              <li key={`${one.version} ${one.fit}`} className="row wrap">
                <span className="mono">{one.version}</span>
                {packages.length > 0 && <Badge tone={TONES[one.fit]}>{t(`upgrades.fit.${one.fit}`)}</Badge>}
                <span className="num">{t('upgrades.agents', { count: one.agents.length })}</span>
                <span className="dim clip grow" title={one.agents.join(', ')}>
                  {one.agents.join(', ')}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
