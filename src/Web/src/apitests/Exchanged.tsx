import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { useTranslation } from 'react-i18next';
import { isObject } from '../parameters/jsonDiff';
import { Badge, CopyButton } from '../ui/bits';
import { durationText } from '../ui/time';
import { objectOf, textOf } from './spec';

/** A record of a row as a person reads it: each request and answer, and what was checked. */
export function Exchanged({ record }: { record: JsonObject }) {
  const { t } = useTranslation();
  const steps = Array.isArray(record.steps) ? record.steps.filter(isObject) : [];
  return (
    <div className="stack">
      {typeof record.reason === 'string' && record.reason !== '' && <p className="tone-bad">{record.reason}</p>}
      {steps.map((step, index) => (
        <Step key={index} step={step} />
      ))}
      <details>
        <summary className="dim">{t('editor.wholeRecord')}</summary>
        <pre className="text-block" tabIndex={0}>
          {JSON.stringify(record, null, 2)}
        </pre>
      </details>
    </div>
  );
}

function Step({ step }: { step: JsonObject }) {
  const { t } = useTranslation();
  const request = objectOf(step.request);
  const response = objectOf(step.response);
  const timings = objectOf(step.timings);
  const checks = Array.isArray(step.checks) ? step.checks.filter(isObject) : [];
  const status = Number(response.status ?? 0);
  const outcome = textOf(step.outcome);
  return (
    <section className="exchange" aria-label={textOf(step.step)}>
      <div className="row wrap">
        <Badge tone={outcome === 'passed' ? 'ok' : outcome === 'failed' ? 'bad' : 'idle'}>
          {outcome === 'passed' || outcome === 'failed' || outcome === 'skipped' || outcome === 'unchecked'
            ? t(`rowOutcome.${outcome.toUpperCase() as 'PASSED'}`)
            : outcome}
        </Badge>
        <b className="mono" style={{ overflowWrap: 'anywhere' }}>
          {plain(request.method)} {plain(request.url)}
        </b>
        {status > 0 && <Badge tone={status < 400 ? 'ok' : 'bad'}>{status}</Badge>}
        <span className="dim num">{durationText(Number(timings.total_ms ?? step.ms ?? 0))}</span>
        {response.size !== undefined && <span className="dim num">{t('editor.bytes', { count: Number(response.size) })}</span>}
      </div>
      {typeof step.reason === 'string' && step.reason !== '' && <p className="tone-bad">{step.reason}</p>}
      {checks.length > 0 && (
        <ul className="stack" style={{ gap: 2 }} aria-label={t('editor.checks')}>
          {checks.map((check, index) => (
            <li key={index} className="mono">
              <span className={check.passed === true ? 'tone-ok' : 'tone-bad'}>{check.passed === true ? '✓' : '✗'}</span>{' '}
              {[plain(check.kind), plain(check.where)].filter(Boolean).join(' ')}: {plain(check.expected)}
              {check.passed !== true && (
                <>
                  {' '}
                  <span className="dim">{t('editor.was')}</span> {plain(check.actual)}
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {isObject(step.extracted) && <p className="mono dim">{JSON.stringify(step.extracted)}</p>}
      <div className="two-columns">
        <Message title={t('editor.sent')} message={request} />
        <Message title={t('editor.received')} message={response} />
      </div>
    </section>
  );
}

function Message({ title, message }: { title: string; message: JsonObject }) {
  const { t } = useTranslation();
  const headers = Array.isArray(message.headers) ? message.headers : [];
  const body = typeof message.body === 'string' ? pretty(message.body) : '';
  return (
    <div style={{ minWidth: 0 }}>
      <div className="row">
        <h3 className="grow">{title}</h3>
        {body && <CopyButton text={body} label={t('common.copy')} />}
      </div>
      {headers.length > 0 && (
        <details>
          <summary className="dim">{t('editor.headerCount', { count: headers.length })}</summary>
          <dl className="mono">
            {headers.map((header: JsonValue, index) => (
              <div key={index} style={{ overflowWrap: 'anywhere' }}>
                {Array.isArray(header) ? `${plain(header[0])}: ${plain(header[1])}` : plain(header)}
              </div>
            ))}
          </dl>
        </details>
      )}
      {body ? (
        <pre className="text-block" tabIndex={0} aria-label={title}>
          {body}
        </pre>
      ) : (
        <p className="dim">{t('editor.noBody')}</p>
      )}
    </div>
  );
}

/** A text as it is, anything else as JSON. */
const plain = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : textOf(value));

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
