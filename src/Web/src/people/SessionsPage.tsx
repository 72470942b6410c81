import { useInfiniteQuery, useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../app/title';
import { AuthService, Role } from '../gen/orbit/v1/auth_pb';
import { UserService, type User } from '../gen/orbit/v1/users_pb';
import { useSession } from '../session/SessionProvider';
import { Badge, Empty, Problem } from '../ui/bits';
import { ListTable } from '../ui/ListTable';
import { When } from '../ui/time';
import { clientText } from './client';
import { useAct, useAsk } from '../ui/useAct';

/** Who is signed in, and who may do what. */
export function SessionsPage() {
  const { t } = useTranslation();
  useTitle(t('nav.sessions'));
  const { me } = useSession();
  if (!me.isAdmin) {
    return (
      <div className="page">
        <h1>{t('nav.sessions')}</h1>
        <div className="panel">
          <Empty title={t('common.adminOnly')} />
        </div>
      </div>
    );
  }
  return (
    <div className="page">
      <header>
        <h1>{t('nav.sessions')}</h1>
      </header>
      <Sessions mine={me.sessionId} />
      <People />
    </div>
  );
}

function Sessions({ mine }: { mine: string }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const end = useMutation(AuthService.method.endSession);
  const list = useInfiniteQuery(
    AuthService.method.listSessions,
    { pageSize: 100, pageToken: '' },
    { pageParamKey: 'pageToken', getNextPageParam: (page) => page.nextPageToken || undefined, refetchInterval: 15_000 },
  );
  const sessions = list.data?.pages.flatMap((page) => page.sessions) ?? [];
  return (
    <section className="panel" aria-labelledby="sessions">
      <div className="head">
        <h2 id="sessions">{t('people.live')}</h2>
        <span className="dim num">{sessions.length}</span>
      </div>
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          columns={[
            t('people.who'),
            t('people.from'),
            { title: t('people.client'), className: 'hide-small' },
            { title: t('people.since'), className: 'end' },
            { title: t('people.used'), className: 'end' },
          ]}
          actions
          pages={list}
        >
          {sessions.map((session) => (
            <tr key={session.id}>
              <td>
                {session.email} {session.isAdmin && <Badge tone="odd">{t('session.admin')}</Badge>}{' '}
                {session.id === mine && <Badge tone="run">{t('people.you')}</Badge>}
              </td>
              <td className="mono">{session.remoteAddress}</td>
              <td className="hide-small dim" style={{ maxWidth: 360 }}>
                <div className="clip" title={session.userAgent}>
                  {clientText(session.userAgent)}
                </div>
              </td>
              <td className="end dim">
                <When time={session.createdAt} />
              </td>
              <td className="end dim">
                <When time={session.lastSeenAt} />
              </td>
              <td className="end">
                <Button
                  size="small"
                  danger
                  aria-label={t('people.endOf', { who: session.email })}
                  onClick={() =>
                    ask(
                      {
                        title: t('people.endOf', { who: session.email }),
                        what: t('people.endWhat'),
                        ok: t('people.end'),
                        done: t('people.ended'),
                      },
                      async () => {
                        await end.mutateAsync({ id: session.id });
                        await client.invalidateQueries();
                      },
                    )
                  }
                >
                  {t('people.end')}
                </Button>
              </td>
            </tr>
          ))}
        </ListTable>
      </div>
    </section>
  );
}

function People() {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  const [email, setEmail] = useState('');
  const act = useAct();
  const client = useQueryClient();
  const update = useMutation(UserService.method.updateUser);
  const list = useQuery(UserService.method.listUsers, { query, pageSize: 200 }, { placeholderData: (was) => was, retry: false });
  const change = async (user: { email: string; role?: Role; blocked?: boolean }) => {
    if (await act(() => update.mutateAsync(user), t('common.saved'), user.email)) await client.invalidateQueries();
  };
  return (
    <section className="panel" aria-labelledby="people">
      <div className="head">
        <h2 id="people" className="grow">
          {t('people.people')}
        </h2>
        <Input
          allowClear
          style={{ width: 220 }}
          size="small"
          placeholder={t('people.filter')}
          aria-label={t('people.filter')}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          columns={[t('people.who'), t('people.role'), t('people.blocked'), { title: t('people.lastLogin'), className: 'end' }]}
        >
          {(list.data?.users ?? []).map((user: User) => (
            <tr key={user.email}>
              <td>{user.email}</td>
              <td>
                <Select
                  size="small"
                  style={{ width: 130 }}
                  aria-label={`${t('people.role')} ${user.email}`}
                  value={user.role}
                  onChange={(role: Role) => void change({ email: user.email, role })}
                  options={[Role.VIEWER, Role.USER].map((role) => ({ value: role, label: t(`role.${Role[role] as 'USER'}`) }))}
                />
              </td>
              <td>
                <Switch
                  size="small"
                  aria-label={`${t('people.blocked')} ${user.email}`}
                  checked={user.blocked}
                  onChange={(blocked) => void change({ email: user.email, blocked })}
                />
              </td>
              <td className="end dim">
                <When time={user.lastLoginAt} />
              </td>
            </tr>
          ))}
        </ListTable>
      </div>
      <div className="body row wrap">
        <Input
          style={{ width: 260 }}
          size="small"
          type="email"
          aria-label={t('people.address')}
          placeholder={t('people.address')}
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Button
          size="small"
          disabled={!email.includes('@')}
          onClick={() => void change({ email, role: Role.VIEWER }).then(() => setEmail(''))}
        >
          {t('people.addViewer')}
        </Button>
        <Button
          size="small"
          danger
          disabled={!email.includes('@')}
          onClick={() => void change({ email, blocked: true }).then(() => setEmail(''))}
        >
          {t('people.block')}
        </Button>
      </div>
    </section>
  );
}
