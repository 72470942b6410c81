import { useInfiniteQuery, useMutation, useQuery } from '@connectrpc/connect-query';
import { Link } from '@tanstack/react-router';
import { Button, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../app/title';
import { DeliveryKind, DeliveryState, NotificationService } from '../gen/orbit/v1/notifications_pb';
import { NotifyRule } from '../gen/orbit/v1/test_items_pb';
import type { Tone } from '../runs/state';
import { useSession } from '../session/SessionProvider';
import { Badge, Empty, Problem } from '../ui/bits';
import { ListTable } from '../ui/ListTable';
import { When } from '../ui/time';
import { useAct, useAsk } from '../ui/useAct';

const RULES = [NotifyRule.ALWAYS, NotifyRule.ON_FAILURE, NotifyRule.ON_CHANGE, NotifyRule.NEVER];
const STATES = [DeliveryState.UNSPECIFIED, DeliveryState.WAITING, DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DEAD];
const TONES: Record<DeliveryState, Tone> = {
  [DeliveryState.UNSPECIFIED]: 'odd',
  [DeliveryState.WAITING]: 'warn',
  [DeliveryState.SENDING]: 'run',
  [DeliveryState.SENT]: 'ok',
  [DeliveryState.DEAD]: 'bad',
};

/** When one is told; what was sent, what waits and what could not be delivered. */
export function NotificationsPage() {
  const { t } = useTranslation();
  useTitle(t('nav.notifications'));
  const { me } = useSession();
  return (
    <div className="page">
      <h1>{t('nav.notifications')}</h1>
      <Mine />
      {me.isAdmin && <Outbox />}
      {me.isAdmin && <Webhooks />}
    </div>
  );
}

function Mine() {
  const { t } = useTranslation();
  const act = useAct();
  const mine = useQuery(NotificationService.method.getMyNotifications, {}, { retry: false });
  const update = useMutation(NotificationService.method.updateMyNotifications);
  const save = async (part: { rule?: NotifyRule; language?: string }) => {
    if (
      await act(
        () => update.mutateAsync({ rule: mine.data?.rule, language: mine.data?.language, ...part }),
        t('common.saved'),
        t('notifications.mine'),
      )
    )
      await mine.refetch();
  };
  return (
    <section className="panel" aria-labelledby="mine">
      <div className="head">
        <h2 id="mine">{t('notifications.mine')}</h2>
      </div>
      <div className="body row wrap">
        {mine.error && <Problem error={mine.error} />}
        <span>{t('notifications.tellMe')}</span>
        <Select
          style={{ width: 220 }}
          aria-label={t('notifications.tellMe')}
          value={mine.data?.rule || NotifyRule.ALWAYS}
          onChange={(rule: NotifyRule) => void save({ rule })}
          options={RULES.map((value) => ({ value, label: t(`notifyRule.${NotifyRule[value] as 'ALWAYS'}`) }))}
        />
        <Select
          style={{ width: 220 }}
          aria-label={t('notifications.language')}
          value={mine.data?.language ?? ''}
          onChange={(language: string) => void save({ language })}
          options={[
            { value: '', label: t('notifications.serversLanguage') },
            { value: 'en', label: 'English' },
            { value: 'zh', label: '简体中文' },
          ]}
        />
      </div>
    </section>
  );
}

function Outbox() {
  const { t } = useTranslation();
  const act = useAct();
  const { me } = useSession();
  const [state, setState] = useState(DeliveryState.UNSPECIFIED);
  const [to, setTo] = useState(me.email);
  const [answer, setAnswer] = useState('');
  const list = useInfiniteQuery(
    NotificationService.method.listDeliveries,
    { state, pageSize: 50, pageToken: '' },
    { pageParamKey: 'pageToken', getNextPageParam: (page) => page.nextPageToken || undefined, refetchInterval: 10_000, retry: false },
  );
  const resend = useMutation(NotificationService.method.resendDelivery);
  const test = useMutation(NotificationService.method.sendTestMail);
  const deliveries = list.data?.pages.flatMap((page) => page.deliveries) ?? [];
  const send = async () => {
    setAnswer('');
    await act(async () => setAnswer((await test.mutateAsync({ to })).answer), t('notifications.testSent'), t('notifications.test'));
  };
  return (
    <section className="panel" aria-labelledby="outbox">
      <div className="head">
        <h2 id="outbox">{t('notifications.outbox')}</h2>
        <Select
          size="small"
          style={{ width: 150 }}
          aria-label={t('history.status')}
          value={state}
          onChange={setState}
          options={STATES.map((value) => ({
            value,
            label: value === DeliveryState.UNSPECIFIED ? t('common.all') : t(`deliveryState.${DeliveryState[value] as 'SENT'}`),
          }))}
        />
        <span className="grow" />
        <Input
          size="small"
          style={{ width: 220 }}
          aria-label={t('people.address')}
          value={to}
          onChange={(event) => setTo(event.target.value)}
        />
        <Button size="small" loading={test.isPending} onClick={() => void send()}>
          {t('notifications.test')}
        </Button>
      </div>
      {answer && (
        <p className="body mono" role="status">
          {answer}
        </p>
      )}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={<Empty title={t('notifications.none')}>{t('notifications.noneHint')}</Empty>}
          columns={[
            t('agents.state'),
            t('notifications.target'),
            t('notifications.subject'),
            { title: t('notifications.error'), className: 'hide-small' },
            { title: t('common.when'), className: 'end' },
          ]}
          actions
          pages={list}
        >
          {deliveries.map((one) => (
            <tr key={one.id}>
              <td>
                <Badge tone={TONES[one.state] ?? 'odd'}>{t(`deliveryState.${DeliveryState[one.state] as 'SENT'}`)}</Badge>
                <div className="dim">{t(`deliveryKind.${DeliveryKind[one.kind] as 'MAIL'}`)}</div>
              </td>
              <td style={{ overflowWrap: 'anywhere' }}>{one.target}</td>
              <td>
                {one.runId > 0n ? (
                  <Link to="/runs/$runId" params={{ runId: String(one.runId) }}>
                    {one.subject}
                  </Link>
                ) : (
                  one.subject
                )}
              </td>
              <td className="hide-small" style={{ maxWidth: 360, overflowWrap: 'anywhere' }}>
                {one.lastError}
                {one.tries > 1 && <span className="dim"> {t('notifications.tries', { count: one.tries })}</span>}
                {one.nextTryAt && (
                  <span className="dim">
                    {' '}
                    {t('rules.next')} <When time={one.nextTryAt} />
                  </span>
                )}
              </td>
              <td className="end dim">
                <When time={one.sentAt ?? one.createdAt} />
              </td>
              <td className="end">
                {one.resendable && (
                  <Button
                    size="small"
                    onClick={async () => {
                      if (await act(() => resend.mutateAsync({ id: one.id }), t('notifications.resent'), t('notifications.resend')))
                        await list.refetch();
                    }}
                  >
                    {t('notifications.resend')}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </ListTable>
      </div>
    </section>
  );
}

function Webhooks() {
  const { t } = useTranslation();
  const act = useAct();
  const ask = useAsk();
  const list = useQuery(NotificationService.method.listWebhooks, {}, { retry: false });
  const create = useMutation(NotificationService.method.createWebhook);
  const remove = useMutation(NotificationService.method.deleteWebhook);
  const [url, setUrl] = useState('');
  const [secret, setSecret] = useState('');
  const add = async () => {
    if (!(await act(() => create.mutateAsync({ url, secret }), t('common.saved'), t('notifications.webhooks')))) return;
    setUrl('');
    setSecret('');
    await list.refetch();
  };
  return (
    <section className="panel" aria-labelledby="webhooks">
      <div className="head">
        <h2 id="webhooks">{t('notifications.webhooks')}</h2>
        <span className="dim">{t('notifications.webhooksWhat')}</span>
      </div>
      {list.error && <Problem error={list.error} />}
      <ul className="short-list">
        {(list.data?.webhooks ?? []).map((hook) => (
          <li key={String(hook.id)}>
            <code className="clip grow">{hook.url}</code>
            <span className="dim">{t(`notifyRule.${NotifyRule[hook.rule || NotifyRule.ALWAYS] as 'ALWAYS'}`)}</span>
            <span className="dim">{hook.createdBy}</span>
            <Button
              size="small"
              danger
              onClick={() =>
                ask(
                  {
                    title: t('items.delete', { name: hook.url }),
                    what: t('notifications.deleteWhat'),
                    ok: t('common.delete'),
                    done: t('common.deleted'),
                  },
                  async () => {
                    await remove.mutateAsync({ id: hook.id });
                    await list.refetch();
                  },
                )
              }
            >
              {t('common.delete')}
            </Button>
          </li>
        ))}
      </ul>
      <div className="body row wrap">
        <Input
          size="small"
          style={{ width: 320 }}
          aria-label="URL"
          placeholder="https://chat.example/hook"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
        <Input.Password
          visibilityToggle={false}
          size="small"
          style={{ width: 320 }}
          autoComplete="new-password"
          aria-label={t('notifications.secret')}
          placeholder={t('notifications.secret')}
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
        <Button size="small" disabled={url === ''} onClick={() => void add()}>
          {t('rules.add')}
        </Button>
      </div>
    </section>
  );
}
