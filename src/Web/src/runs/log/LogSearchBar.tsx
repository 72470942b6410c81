import { createClient } from '@connectrpc/connect';
import { Button, Input } from 'antd';
import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { refusalOf } from '../../api/errors';
import { RunService, type Run } from '../../gen/orbit/v1/runs_pb';
import { useSession } from '../../session/SessionProvider';

/** A line that was found. */
export interface Hit {
  step: string;
  line: number;
}

const MOST = 20_000;

interface Props {
  run: Run;
  attempt: number;
  steps: string[];
  onMark(text: string): void;
  onHit(hit: Hit): void;
}

/** Searches whole logs on the server, a part at a time, and walks through what is found. */
export const LogSearchBar = memo(function LogSearchBar({ run, attempt, steps, onMark, onHit }: Props) {
  const { t } = useTranslation();
  const { transport } = useSession();
  const client = useMemo(() => createClient(RunService, transport), [transport]);
  const [text, setText] = useState('');
  const [regex, setRegex] = useState(false);
  const [hits, setHits] = useState<Hit[]>();
  const [at, setAt] = useState(-1);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const search = useRef<AbortController>(undefined);
  const searched = useRef('');

  useEffect(() => () => search.current?.abort(), []);

  const start = async () => {
    search.current?.abort();
    const mine = new AbortController();
    search.current = mine;
    searched.current = text;
    setHits(undefined);
    setAt(-1);
    setWrong('');
    onMark(regex ? '' : text.toLowerCase());
    if (text === '') return;
    setBusy(true);
    const found: Hit[] = [];
    try {
      for (const step of steps) {
        let firstLine = 0n;
        do {
          const page = await client.searchLog(
            { runId: run.id, attempt, step, query: text, regex, firstLine, limit: 1000 },
            { signal: mine.signal },
          );
          const first = found.length === 0;
          for (const match of page.matches) found.push({ step, line: Number(match.line) });
          setHits([...found]);
          const top = found[0];
          if (first && top) {
            setAt(0);
            onHit(top);
          }
          firstLine = page.nextLine;
        } while (firstLine > 0n && found.length < MOST);
      }
      setHits([...found]);
    } catch (error) {
      if (!mine.signal.aborted) setWrong(refusalOf(error).message || t('errors.unreachable'));
    } finally {
      if (search.current === mine) setBusy(false);
    }
  };

  const walk = (by: number) => {
    if (!hits || hits.length === 0) return;
    const next = (at + by + hits.length) % hits.length;
    const hit = hits[next];
    setAt(next);
    if (hit) onHit(hit);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    if (hits && searched.current === text) walk(event.shiftKey ? -1 : 1);
    else void start();
  };

  return (
    <div className="row" role="search" style={{ gap: 6 }}>
      <Input
        allowClear
        className="filter"
        placeholder={t('log.search')}
        aria-label={t('log.search')}
        value={text}
        status={wrong ? 'error' : ''}
        onChange={(event) => {
          setText(event.target.value);
          if (event.target.value === '') {
            setHits(undefined);
            onMark('');
          }
        }}
        onKeyDown={onKeyDown}
      />
      <Button
        size="small"
        type={regex ? 'primary' : 'default'}
        aria-pressed={regex}
        onClick={() => setRegex(!regex)}
        title={t('log.regex')}
        aria-label={t('log.regex')}
      >
        <code>.*</code>
      </Button>
      <span className="dim num" role="status" style={{ whiteSpace: 'nowrap' }}>
        {wrong ||
          (hits
            ? hits.length === 0 && !busy
              ? t('log.noHits')
              : t('log.hits', { at: at + 1, count: hits.length, more: busy ? '…' : '' })
            : '')}
      </span>
      {hits && hits.length > 0 && (
        <>
          <Button size="small" aria-label={t('log.previous')} onClick={() => walk(-1)}>
            ↑
          </Button>
          <Button size="small" aria-label={t('log.next')} onClick={() => walk(1)}>
            ↓
          </Button>
        </>
      )}
    </div>
  );
});
