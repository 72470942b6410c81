import { useQuery } from '@connectrpc/connect-query';
import { Button, Input } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { apiRoute } from '../app/router';
import { ApiLibraryService } from '../gen/orbit/v1/api_library_pb';
import { Empty, Loading, Problem } from '../ui/bits';
import { CaseEditor } from './CaseEditor';
import { ExportMenu, ImportDialog } from './Exchange';

/** Cases: found by name, edited, tried at once, brought in and written out. */
export function Cases() {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  const { item: linked } = apiRoute.useSearch();
  const navigate = useNavigate({ from: '/api-tests' });
  const [fresh, setFresh] = useState(false);
  const chosen = fresh ? 'new' : linked === undefined ? undefined : BigInt(linked);
  const setChosen = (next: bigint | 'new' | undefined) => {
    setFresh(next === 'new');
    void navigate({ search: (was) => ({ ...was, item: typeof next === 'bigint' ? Number(next) : undefined }), replace: true });
  };
  const list = useQuery(ApiLibraryService.method.listCases, { query, pageSize: 500 }, { placeholderData: (was) => was, retry: false });
  const item = useQuery(
    ApiLibraryService.method.getCase,
    { id: typeof chosen === 'bigint' ? chosen : 0n },
    { enabled: typeof chosen === 'bigint', retry: false },
  );
  const [importing, setImporting] = useState(false);
  const cases = list.data?.cases ?? [];
  return (
    <div className="sets">
      <div className="stack">
        <Input
          allowClear
          placeholder={t('api.find')}
          aria-label={t('api.find')}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <div className="row wrap">
          <Button type="primary" onClick={() => setChosen('new')}>
            {t('api.newCase')}
          </Button>
          <Button onClick={() => setImporting(true)}>{t('exchange.import')}</Button>
          <ExportMenu />
        </div>
        <ul className="panel set-list">
          {cases.map((one) => (
            <li key={String(one.id)}>
              <button className="plain row" aria-pressed={one.id === chosen} onClick={() => setChosen(one.id)}>
                <strong className="clip grow">{one.name}</strong>
                <span className="dim clip">{one.folder}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      {chosen === undefined ? (
        !list.error && (
          <div className="panel">
            {list.isPending ? (
              <Loading />
            ) : (
              <Empty title={cases.length === 0 ? t('api.noCases') : t('api.chooseCase')}>
                {cases.length === 0 && t('api.noCasesHint')}
              </Empty>
            )}
          </div>
        )
      ) : chosen === 'new' ? (
        <CaseEditor key="new" item={undefined} onDone={setChosen} />
      ) : item.data ? (
        <CaseEditor key={`${item.data.id}:${item.data.version}`} item={item.data} onDone={setChosen} />
      ) : item.error ? (
        <Problem error={item.error} onRetry={() => void item.refetch()} />
      ) : (
        <Loading />
      )}
    </div>
  );
}
