import type { JsonObject } from '@bufbuild/protobuf';
import { useQuery } from '@connectrpc/connect-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiLibraryService } from '../gen/orbit/v1/api_library_pb';
import { differences } from '../parameters/jsonDiff';
import { Loading, Problem } from '../ui/bits';
import { DiffTable } from '../ui/DiffTable';
import { When } from '../ui/time';

const METHODS = {
  case: ApiLibraryService.method.listCaseVersions,
  scenario: ApiLibraryService.method.listScenarioVersions,
};

/** Every version of a case or a scenario: who changed what, and what differs from what stands in the form now. */
export function ItemVersions({
  kind,
  id,
  now,
  onTakeBack,
}: {
  kind: 'case' | 'scenario';
  id: bigint;
  now: JsonObject | undefined;
  onTakeBack: (spec: JsonObject) => void;
}) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<number>();
  const list = useQuery<typeof METHODS.case.input, typeof METHODS.case.output>(METHODS[kind] as typeof METHODS.case, { id });
  if (list.error) return <Problem error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data) return <Loading />;
  return (
    <section className="case-versions" aria-label={t('parameters.versions')}>
      <h3>{t('parameters.versions')}</h3>
      <ul>
        {list.data.versions.map((one) => {
          const rows = open === one.version ? differences(one.spec ?? {}, now ?? {}) : [];
          return (
            <li key={one.version} style={{ borderBottom: '1px solid var(--line)' }}>
              <button
                className="plain row"
                style={{ width: '100%', padding: '5px 0' }}
                aria-expanded={open === one.version}
                onClick={() => setOpen(open === one.version ? undefined : one.version)}
              >
                <b className="num">v{one.version}</b>
                <span className="dim">{one.changedBy}</span>
                <span className="clip grow mono">{one.changes.join('; ')}</span>
                <span className="dim">
                  <When time={one.changedAt} />
                </span>
              </button>
              {open === one.version && (
                <div className="stack" style={{ paddingBottom: 8, gap: 6 }}>
                  {rows.length === 0 ? (
                    <p className="dim">{t('versions.same')}</p>
                  ) : (
                    <>
                      <p className="dim">{t('versions.toNow')}</p>
                      <DiffTable rows={rows} />
                      <div>
                        <Button size="small" onClick={() => onTakeBack(one.spec ?? {})}>
                          {t('parameters.takeBack', { version: one.version })}
                        </Button>
                      </div>
                    </>
                  )}
                </div>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
