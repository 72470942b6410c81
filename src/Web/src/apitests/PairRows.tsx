import { Button, Input } from 'antd';
import { useTranslation } from 'react-i18next';
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
          <Input
            className="mono"
            size="small"
            style={{ width: '38%' }}
            aria-label={t('editor.nameOf', { what: label, row: at + 1 })}
            placeholder={at === pairs.length ? hint?.[0] : undefined}
            value={name}
            onChange={(event) => set(at, [event.target.value, value])}
          />
          <Input
            className="mono"
            size="small"
            aria-label={t('editor.valueOf', { what: label, row: at + 1 })}
            placeholder={at === pairs.length ? hint?.[1] : undefined}
            value={value}
            onChange={(event) => set(at, [name, event.target.value])}
          />
          <Button
            size="small"
            type="text"
            disabled={at === pairs.length}
            aria-label={t('editor.removeRow', { what: label, row: at + 1 })}
            onClick={() => onChange(pairs.filter((_, index) => index !== at))}
          >
            ✕
          </Button>
        </div>
      ))}
    </fieldset>
  );
}
