import { useQuery } from '@connectrpc/connect-query';
import { useNavigate } from '@tanstack/react-router';
import { Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { parametersRoute } from '../app/router';
import { ParameterSetService, type ParameterSet } from '../gen/orbit/v1/parameter_sets_pb';
import { Problem } from '../ui/bits';
import { DiffTable } from '../ui/DiffTable';
import { When } from '../ui/time';
import { differences } from './jsonDiff';

/** Any two versions side by side, and the way back to an older one. */
export function Versions({ set, onTakeBack }: { set: ParameterSet; onTakeBack: ((text: string) => void) | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/parameters' });
  const { version } = parametersRoute.useSearch();
  const [until, setUntil] = useState<number>();
  const versions = useQuery(ParameterSetService.method.listParameterSetVersions, { id: set.id, pageSize: 200 });
  const all = versions.data?.versions ?? [];
  const older = all.find((one) => one.version === (version ?? set.version - 1));
  const newer = all.find((one) => one.version === (until ?? set.version));
  if (versions.error) return <Problem error={versions.error} onRetry={() => void versions.refetch()} />;
  if (all.length < 2) return null;
  const options = all.map((one) => ({ value: one.version, label: `v${one.version} · ${one.updatedBy}` }));
  const rows = older && newer ? differences(older.parameters ?? {}, newer.parameters ?? {}) : [];
  return (
    <section className="panel" aria-label={t('parameters.versions')}>
      <div className="head row wrap">
        <h2>{t('parameters.versions')}</h2>
        <Select
          size="small"
          style={{ minWidth: 180 }}
          aria-label={t('parameters.from')}
          value={older?.version}
          onChange={(next) => void navigate({ search: (was) => ({ ...was, version: next }), replace: true })}
          options={options}
        />
        <span aria-hidden>→</span>
        <Select
          size="small"
          style={{ minWidth: 180 }}
          aria-label={t('parameters.to')}
          value={newer?.version}
          onChange={setUntil}
          options={options}
        />
        {newer && (
          <span className="dim">
            <When time={newer.updatedAt} />
          </span>
        )}
        <span className="grow" />
        {older && onTakeBack && older.version !== set.version && (
          <Button size="small" onClick={() => onTakeBack(JSON.stringify(older.parameters ?? {}, null, 2))}>
            {t('parameters.takeBack', { version: older.version })}
          </Button>
        )}
      </div>
      {rows.length > 0 ? <DiffTable rows={rows} /> : <p className="body dim">{t('parameters.same')}</p>}
    </section>
  );
}
