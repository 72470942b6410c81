import { useInfiniteQuery, useMutation } from '@connectrpc/connect-query';
import { Button, Checkbox, Input, Modal, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../app/title';
import { ApiTokenService } from '../gen/orbit/v1/api_tokens_pb';
import { useSession } from '../session/SessionProvider';
import { Badge, CopyButton, Empty, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { ListTable } from '../ui/ListTable';
import { msOf, useNow, When } from '../ui/time';
import { useAsk } from '../ui/useAct';

const SCOPES = ['read', 'builds', 'runs', 'write'] as const;
const DAYS = [7, 30, 90, 365];

/** Tokens with which programs call instead of people. */
export function TokensPage() {
  const { t } = useTranslation();
  useTitle(t('nav.tokens'));
  const { me } = useSession();
  const ask = useAsk();
  const now = useNow();
  const [all, setAll] = useState(false);
  const [making, setMaking] = useState(false);
  const list = useInfiniteQuery(
    ApiTokenService.method.listApiTokens,
    { all, pageSize: 100, pageToken: '' },
    { pageParamKey: 'pageToken', getNextPageParam: (page) => page.nextPageToken || undefined },
  );
  const revoke = useMutation(ApiTokenService.method.revokeApiToken);
  const tokens = list.data?.pages.flatMap((page) => page.apiTokens) ?? [];
  return (
    <div className="page">
      <header>
        <h1 className="grow">{t('nav.tokens')}</h1>
        {me.isAdmin && (
          <label className="row">
            <Switch size="small" checked={all} onChange={setAll} /> {t('tokens.all')}
          </label>
        )}
        <Button type="primary" onClick={() => setMaking(true)}>
          {t('tokens.new')}
        </Button>
      </header>
      {making && (
        <TokenDialog
          onClose={() => {
            setMaking(false);
            void list.refetch();
          }}
        />
      )}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={<Empty title={t('tokens.none')}>{t('tokens.noneHint')}</Empty>}
          columns={[
            t('common.name'),
            t('tokens.scopes'),
            { title: t('tokens.owner'), className: 'hide-small' },
            { title: t('tokens.used'), className: 'end' },
            { title: t('tokens.ends'), className: 'end' },
          ]}
          actions
        >
          {tokens.map((token) => {
            const over = token.revokedAt !== undefined || (msOf(token.expiresAt) ?? 0) < now;
            return (
              <tr key={token.id}>
                <td>
                  <b>{token.name}</b> <span className="dim mono">{token.hint}…</span> {over && <Badge>{t('tokens.over')}</Badge>}
                </td>
                <td>
                  {token.scopes.map((scope) => (
                    <span key={scope} className="label">
                      {scope}
                    </span>
                  ))}
                </td>
                <td className="hide-small">{token.owner}</td>
                <td className="end dim">
                  <When time={token.lastUsedAt} />
                </td>
                <td className="end dim">
                  <When time={token.revokedAt ?? token.expiresAt} />
                </td>
                <td className="end">
                  {!over && (
                    <Button
                      size="small"
                      danger
                      onClick={() =>
                        ask(
                          {
                            title: t('tokens.revokeTitle', { name: token.name }),
                            what: t('tokens.revokeWhat'),
                            ok: t('tokens.revoke'),
                            done: t('tokens.revoked'),
                          },
                          async () => {
                            await revoke.mutateAsync({ id: token.id });
                            await list.refetch();
                          },
                        )
                      }
                    >
                      {t('tokens.revoke')}
                    </Button>
                  )}
                </td>
              </tr>
            );
          })}
        </ListTable>
      </div>
    </div>
  );
}

function TokenDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const create = useMutation(ApiTokenService.method.createApiToken);
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>(['read']);
  const [days, setDays] = useState(90);
  const token = create.data?.token;
  return (
    <Modal
      open
      title={t('tokens.new')}
      okText={token ? t('common.close') : t('common.create')}
      cancelText={t('common.cancel')}
      cancelButtonProps={{ style: token ? { display: 'none' } : {} }}
      okButtonProps={{ disabled: !token && (name.trim() === '' || scopes.length === 0) }}
      confirmLoading={create.isPending}
      onCancel={onClose}
      onOk={() => (token ? onClose() : create.mutate({ name, scopes, ttlS: BigInt(days * 86_400) }))}
    >
      <div className="stack">
        {!token && (
          <>
            <Field label={t('common.name')} hint={t('tokens.nameHint')}>
              <Input autoFocus maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
            </Field>
            <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
              <legend style={{ fontWeight: 600 }}>{t('tokens.scopes')}</legend>
              <Checkbox.Group
                className="stack"
                style={{ gap: 4 }}
                value={scopes}
                onChange={setScopes}
                options={SCOPES.map((scope) => ({ value: scope, label: t(`tokens.scope.${scope}`) }))}
              />
            </fieldset>
            <Field label={t('tokens.validFor')}>
              <Select
                value={days}
                onChange={setDays}
                options={DAYS.map((value) => ({ value, label: t('tokens.days', { count: value }) }))}
              />
            </Field>
          </>
        )}
        {create.error && <Problem error={create.error} />}
        {token && (
          <>
            <p>{t('tokens.once')}</p>
            <div className="notice" style={{ alignItems: 'center' }}>
              <code className="grow" style={{ overflowWrap: 'anywhere' }}>
                {token}
              </code>
              <CopyButton text={token} label={t('common.copy')} />
            </div>
          </>
        )}
      </div>
    </Modal>
  );
}
