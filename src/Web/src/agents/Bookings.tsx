import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Button, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../gen/orbit/v1/agents_pb';
import { BookingService } from '../gen/orbit/v1/bookings_pb';
import { useSession } from '../session/SessionProvider';
import { Badge, Empty, Problem } from '../ui/bits';
import { spanText, When } from '../ui/time';
import { useAct } from '../ui/useAct';

const SPANS = [1, 2, 4, 8];

/** Hosts kept for one person for a time. */
export function Bookings({ agents }: { agents: Agent[] }) {
  const { t } = useTranslation();
  const act = useAct();
  const { me } = useSession();
  const list = useQuery(BookingService.method.listBookings, {}, { refetchInterval: 30_000, retry: false });
  const create = useMutation(BookingService.method.createBooking);
  const end = useMutation(BookingService.method.endBooking);
  const [host, setHost] = useState<string>();
  const [hours, setHours] = useState(2);
  const [note, setNote] = useState('');
  const bookings = list.data?.bookings ?? [];
  const hosts = [...new Set(agents.map((agent) => agent.host || agent.name))];

  const book = async () => {
    if (!host) return;
    const done = await act(
      () => create.mutateAsync({ host, note, endsAt: timestampFromMs(Date.now() + hours * 3_600_000) }),
      t('bookings.done'),
      t('bookings.book'),
    );
    if (!done) return;
    setNote('');
    await list.refetch();
  };

  return (
    <section className="panel" aria-labelledby="bookings">
      <div className="head">
        <h2 id="bookings">{t('bookings.title')}</h2>
        <span className="dim">{t('bookings.what')}</span>
      </div>
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      {bookings.length === 0 ? (
        <Empty title={t('bookings.none')} />
      ) : (
        <ul className="short-list">
          {bookings.map((booking) => (
            <li key={String(booking.id)}>
              <b>{booking.host}</b>
              {booking.service && <span>{booking.service}</span>}
              {booking.active && <Badge tone="warn">{t('bookings.now')}</Badge>}
              <span>{booking.bookedBy}</span>
              <span className="dim clip grow">{booking.note}</span>
              <span className="dim">
                {t('bookings.until')} <When time={booking.endsAt} />
              </span>
              {(me.isAdmin || booking.bookedBy === me.email) && (
                <Button
                  size="small"
                  onClick={async () => {
                    if (await act(() => end.mutateAsync({ id: booking.id }), t('bookings.ended'), t('bookings.title')))
                      await list.refetch();
                  }}
                >
                  {t('people.end')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <div className="body row wrap">
        <Select
          size="small"
          style={{ width: 180 }}
          aria-label={t('details.host')}
          placeholder={t('details.host')}
          value={host}
          onChange={setHost}
          options={hosts.map((value) => ({ value, label: value }))}
        />
        <Select
          size="small"
          style={{ width: 110 }}
          aria-label={t('bookings.span')}
          value={hours}
          onChange={setHours}
          options={SPANS.map((value) => ({ value, label: spanText(value * 3_600_000) }))}
        />
        <Input
          size="small"
          style={{ width: 240 }}
          aria-label={t('bookings.note')}
          placeholder={t('bookings.note')}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        <Button size="small" disabled={!host} loading={create.isPending} onClick={() => void book()}>
          {t('bookings.book')}
        </Button>
      </div>
    </section>
  );
}
