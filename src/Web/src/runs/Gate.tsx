import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { GateState, type RunGate } from '../gen/orbit/v1/runs_pb';
import { Badge } from '../ui/bits';
import { When } from '../ui/time';
import { gateIsOpen, gateTone } from './state';

/** What the gate of a run decided about the deployed version, in one word. */
export function GateBadge({ gate }: { gate: RunGate }) {
  const { t } = useTranslation();
  return (
    <Badge tone={gateTone(gate.state)} live={gate.state === GateState.RUNNING}>
      {t(`gate.state.${GateState[gate.state] as 'PENDING'}`)}
    </Badge>
  );
}

/** Where the gate of a run stands, why, and the way to the batch that decides or decided. */
export const GateNotice = memo(function GateNotice({ gate }: { gate: RunGate }) {
  const { t } = useTranslation();
  const tone = gateTone(gate.state);
  return (
    <section className={`notice ${tone === 'bad' || tone === 'warn' || tone === 'run' ? tone : ''}`} aria-label={t('gate.title')}>
      <div className="row wrap grow" role="status">
        <strong>{t('gate.title')}</strong>
        <GateBadge gate={gate} />
        <span>{t(`gate.what.${GateState[gate.state] as 'PENDING'}`)}</span>
        {gate.reason && <span className="dim">{gate.reason}</span>}
        {gate.attempt > 1 && <span className="dim">{t('run.attemptNumber', { number: gate.attempt })}</span>}
        {!gateIsOpen(gate.state) && gate.decidedAt && (
          <span className="dim">
            <When time={gate.decidedAt} />
          </span>
        )}
        {gate.batchId > 0n && (
          <Link to="/api-tests/batches/$batchId" params={{ batchId: String(gate.batchId) }}>
            {t('gate.batch', { id: String(gate.batchId) })}
          </Link>
        )}
      </div>
    </section>
  );
});
