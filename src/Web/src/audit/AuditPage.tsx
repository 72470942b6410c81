import { toJson } from '@bufbuild/protobuf';
import { ValueSchema, type Value } from '@bufbuild/protobuf/wkt';
import { useInfiniteQuery } from '@connectrpc/connect-query';
import { useNavigate } from '@tanstack/react-router';
import { Button, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { auditRoute } from '../app/router';
import { useTitle } from '../app/title';
import { AuditService, type AuditEntry } from '../gen/orbit/v1/audit_pb';
import { shortJson } from '../parameters/jsonDiff';
import { Empty, Problem } from '../ui/bits';
import { DownloadIcon } from '../ui/icons';
import { ListTable } from '../ui/ListTable';
import { When } from '../ui/time';

const FIELDS = ['who', 'action', 'object', 'query'] as const;

/** Who did what to which object, from where. */
export function AuditPage() {
  const { t } = useTranslation();
  useTitle(t('nav.audit'));
  const search = auditRoute.useSearch();
  const navigate = useNavigate({ from: '/audit' });
  const filter = { who: search.who ?? '', action: search.action ?? '', object: search.object ?? '', query: search.query ?? '' };
  const list = useInfiniteQuery(
    AuditService.method.listAudit,
    { ...filter, pageSize: 100, pageToken: '' },
    { pageParamKey: 'pageToken', getNextPageParam: (page) => page.nextPageToken || undefined, retry: false },
  );
  const entries = list.data?.pages.flatMap((page) => page.entries) ?? [];
  const asQuery = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
  return (
    <div className="page">
      <header>
        <h1 className="grow">{t('nav.audit')}</h1>
        {(['csv', 'ndjson'] as const).map((format) => (
          <Button
            key={format}
            icon={<DownloadIcon />}
            href={`/api/v1/audit/export?format=${format}&${asQuery}`}
            download={`audit.${format}`}
          >
            {format.toUpperCase()}
          </Button>
        ))}
      </header>
      <div className="filters">
        {FIELDS.map((field) => (
          <Input
            key={`${field}:${search[field]}`}
            allowClear
            style={{ width: 200 }}
            aria-label={t(`audit.${field}`)}
            placeholder={t(`audit.${field}`)}
            defaultValue={search[field]}
            onPressEnter={(event) =>
              void navigate({ search: (was) => ({ ...was, [field]: event.currentTarget.value || undefined }), replace: true })
            }
            onBlur={(event) =>
              void navigate({ search: (was) => ({ ...was, [field]: event.currentTarget.value || undefined }), replace: true })
            }
          />
        ))}
      </div>
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={<Empty title={t('audit.none')} />}
          columns={[
            t('common.when'),
            t('audit.who'),
            t('audit.action'),
            t('audit.object'),
            { title: t('audit.change'), className: 'hide-small' },
          ]}
          pages={list}
        >
          {entries.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </ListTable>
      </div>
    </div>
  );
}

const words = (value: Value | undefined): string => (value && value.kind.case !== undefined ? shortJson(toJson(ValueSchema, value)) : '');

/** An identifier by its beginning: nobody reads the rest, and the whole stands in its title. */
const shortened = (object: string) => object.replace(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '$1…');

function Entry({ entry }: { entry: AuditEntry }) {
  return (
    <tr>
      <td className="dim">
        <When time={entry.time} />
      </td>
      <td>
        {entry.who}
        {entry.remoteAddress && <div className="hide-small mono dim">{entry.remoteAddress}</div>}
      </td>
      <td className="mono">{entry.action}</td>
      <td className="mono audit-object" title={entry.object}>
        {shortened(entry.object)}
      </td>
      <td className="hide-small mono audit-change">
        {words(entry.old) && <span className="was">{words(entry.old).slice(0, 300)} </span>}
        {words(entry.new) && <span className="is">{words(entry.new).slice(0, 300)}</span>}
      </td>
    </tr>
  );
}
