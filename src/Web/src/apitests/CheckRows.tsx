import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { JsonEditor } from '../editor/JsonEditor';
import { RemoveRow, RowChoice, RowText } from './RowParts';
import { CHECKS, COMPARISONS, hasComparison, hasSubject, SOURCES, type CheckKind, type CheckRow, type ExtractRow } from './spec';

const SUBJECTS: Partial<Record<CheckKind, string>> = { jsonpath: '$.id', header: 'Location', cookie: 'session', xpath: '//id' };

const STARTS: Partial<Record<CheckKind, string>> = { status: '200', expression: 'status == 200', schema: '{}', other: '{}' };

/** What must hold of the answer. */
export function CheckRows({ rows, onChange }: { rows: CheckRow[]; onChange: (rows: CheckRow[]) => void }) {
  const { t } = useTranslation();
  const set = (at: number, part: Partial<CheckRow>) => onChange(rows.map((one, index) => (index === at ? { ...one, ...part } : one)));
  const turn = (at: number, row: CheckRow, kind: CheckKind) => {
    const fresh = hasComparison(kind) && (!hasSubject(kind) || row.comparison === 'exists' || row.comparison === '');
    const comparison = !fresh ? row.comparison : kind === 'time_ms' || kind === 'size' ? 'lt' : kind === 'body' ? 'contains' : 'equals';
    const text = STARTS[kind] ?? (fresh ? '' : row.text);
    set(at, { kind, text, comparison, subject: row.subject && hasSubject(row.kind) ? row.subject : (SUBJECTS[kind] ?? '') });
  };
  return (
    <fieldset className="rows-of">
      <legend>{t('editor.checks')}</legend>
      {rows.length === 0 && <p className="dim">{t('editor.noChecks')}</p>}
      {rows.map((row, at) => {
        const which = t('editor.check', { row: at + 1 });
        return (
          <div key={at} className="row wrap">
            <RowChoice
              label={`${which}: ${t('editor.looksAt')}`}
              value={row.kind}
              onChange={(kind) => turn(at, row, kind)}
              options={CHECKS.map((value) => ({ value, label: t(`editor.checkKind.${value}`) }))}
            />
            {hasSubject(row.kind) && (
              <RowText
                label={`${which}: ${t('editor.subject')}`}
                width={180}
                value={row.subject}
                onChange={(subject) => set(at, { subject })}
              />
            )}
            {hasComparison(row.kind) && (
              <RowChoice
                label={`${which}: ${t('editor.comparison')}`}
                value={row.comparison}
                onChange={(comparison) => set(at, { comparison, ...(comparison === 'exists' ? { text: 'true' } : {}) })}
                options={COMPARISONS.map((value) => ({ value, label: value.replace('_', ' ') }))}
              />
            )}
            {row.kind === 'schema' || row.kind === 'other' ? (
              <div style={{ flex: '1 1 100%' }}>
                <JsonEditor label={which} value={row.text} onChange={(text) => set(at, { text })} />
              </div>
            ) : (
              <RowText label={`${which}: ${t('editor.expected')}`} value={row.text} onChange={(text) => set(at, { text })} />
            )}
            <RemoveRow label={t('editor.remove', { what: which })} onClick={() => onChange(rows.filter((_, index) => index !== at))} />
          </div>
        );
      })}
      <Button size="small" onClick={() => onChange([...rows, { kind: 'jsonpath', subject: '$.id', comparison: 'exists', text: 'true' }])}>
        {t('editor.addCheck')}
      </Button>
    </fieldset>
  );
}

/** Values of the answer that later steps use. */
export function ExtractRows({ rows, onChange }: { rows: ExtractRow[]; onChange: (rows: ExtractRow[]) => void }) {
  const { t } = useTranslation();
  const set = (at: number, part: Partial<ExtractRow>) => onChange(rows.map((one, index) => (index === at ? { ...one, ...part } : one)));
  return (
    <fieldset className="rows-of">
      <legend>{t('editor.extracts')}</legend>
      {rows.length === 0 && <p className="dim">{t('editor.noExtracts')}</p>}
      {rows.map((row, at) => {
        const which = t('editor.extract', { row: at + 1 });
        return (
          <div key={at} className="row wrap">
            <RowText label={`${which}: ${t('common.name')}`} width={120} value={row.name} onChange={(name) => set(at, { name })} />
            <RowChoice
              label={`${which}: ${t('editor.source')}`}
              value={row.source}
              onChange={(source) => set(at, { source })}
              options={SOURCES.map((value) => ({ value, label: value }))}
            />
            <RowText label={`${which}: ${t('editor.subject')}`} value={row.subject} onChange={(subject) => set(at, { subject })} />
            <RemoveRow label={t('editor.remove', { what: which })} onClick={() => onChange(rows.filter((_, index) => index !== at))} />
          </div>
        );
      })}
      <Button size="small" onClick={() => onChange([...rows, { name: 'id', source: 'jsonpath', subject: '$.id', rest: {} }])}>
        {t('editor.addExtract')}
      </Button>
    </fieldset>
  );
}
