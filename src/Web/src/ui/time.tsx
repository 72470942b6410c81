import { timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function listen(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time, to the second; one timer for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => (timer ? now : (now = Math.floor(Date.now() / 1000) * 1000)));
}

export const msOf = (time: Timestamp | undefined): number | undefined => (time ? timestampMs(time) : undefined);

/** `340 ms`, `4.2 s`, `1 m 03 s`, `2 h 05 m`. */
export function durationText(ms: number): string {
  if (ms < 0) return '0 s';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} m`;
}

/** A span that somebody chooses: `10 m`, `24 h`, `7 d`. */
export function spanText(ms: number): string {
  const days = ms / 86_400_000;
  return Number.isInteger(days) && days > 1 ? `${days} d` : durationText(ms).replace(/ 00 [ms]$/, '');
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

export function relativeText(from: number, at: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  const distance = at - from;
  for (const [unit, size] of STEPS) {
    if (Math.abs(distance) >= size) return format.format(Math.trunc(distance / size), unit);
  }
  return format.format(0, 'second');
}

export function dateTimeText(ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(ms);
}

/** A moment that somebody set, to the minute. */
export function minuteText(ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(ms);
}

/** A moment: how long ago, with the full time on hover. */
export function When({ time }: { time: Timestamp | undefined }) {
  const { i18n } = useTranslation();
  const at = useNow();
  const ms = msOf(time);
  if (ms === undefined) return <span className="dim">–</span>;
  const full = dateTimeText(ms, i18n.language);
  const near = Math.abs(at - ms) < 7 * 86_400_000;
  return (
    <time dateTime={new Date(ms).toISOString()} title={full} className="num" style={{ whiteSpace: 'nowrap' }}>
      {near
        ? relativeText(ms > at + 60_000 ? at : Math.max(at, ms), ms, i18n.language) // a clock that is a little ahead is no future
        : new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium' }).format(ms)}
    </time>
  );
}

/** A span of time that grows while it has no end. */
export function Elapsed({ from, to, ms }: { from: Timestamp | undefined; to?: Timestamp | undefined; ms?: number }) {
  const at = useNow();
  const start = msOf(from);
  if (ms) return <span className="num">{durationText(ms)}</span>;
  if (start === undefined) return null;
  const end = msOf(to);
  const span = (end ?? at) - start;
  return <span className="num">{end === undefined ? durationText(Math.max(0, Math.floor(span / 1000) * 1000)) : durationText(span)}</span>;
}
