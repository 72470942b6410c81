import { useTranslation } from 'react-i18next';
import { shortJson, type Difference } from '../parameters/jsonDiff';

/** Values that differ, old beside new. */
export function DiffTable({ rows }: { rows: Difference[] }) {
  const { t } = useTranslation();
  return (
    <table className="fine-table mono">
      <thead>
        <tr>
          <th>{t('diff.path')}</th>
          <th>{t('diff.before')}</th>
          <th>{t('diff.after')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.path}>
            <td>{row.path || '.'}</td>
            <td className="was">{shortJson(row.before) || '–'}</td>
            <td className="is">{shortJson(row.after) || '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
