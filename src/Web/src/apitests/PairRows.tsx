import { useTranslation } from 'react-i18next';
import { RemoveRow, RowText } from './RowParts';
import type { Pair } from './spec';

/** Names and values, a row each; the last row is there to be written in. */
export function PairRows({
  label,
  pairs,
  onChange,
  hint,
}: {
  label: string;
  pairs: Pair[];
  onChange: (pairs: Pair[]) => void;
  hint?: [string, string];
}) {
  const { t } = useTranslation();
  const rows: Pair[] = [...pairs, ['', '']];
  const set = (at: number, pair: Pair) =>
    onChange(rows.map((one, index) => (index === at ? pair : one)).filter(([name, value]) => name !== '' || value !== ''));
  return (
    <fieldset className="rows-of">
      <legend>{label}</legend>
      {rows.map(([name, value], at) => (
        <div key={at} className="row">
          <RowText
            label={t('editor.nameOf', { what: label, row: at + 1 })}
            width={'38%'}
            placeholder={at === pairs.length ? hint?.[0] : undefined}
            value={name}
            onChange={(name) => set(at, [name, value])}
          />
          <RowText
            label={t('editor.valueOf', { what: label, row: at + 1 })}
            placeholder={at === pairs.length ? hint?.[1] : undefined}
            value={value}
            onChange={(value) => set(at, [name, value])}
          />
          <RemoveRow
            disabled={at === pairs.length}
            label={t('editor.removeRow', { what: label, row: at + 1 })}
            onClick={() => onChange(pairs.filter((_, index) => index !== at))}
          />
        </div>
      ))}
    </fieldset>
  );
}
