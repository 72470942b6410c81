import { useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Input, Segmented } from 'antd';
import { memo, useCallback, useDeferredValue, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { TestOutcome } from '../../gen/orbit/v1/runs_pb';
import { Dot, Empty } from '../../ui/bits';
import { usePictures } from '../../ui/pictures';
import { durationText, useNow } from '../../ui/time';
import type { TestRow } from '../runFold';
import { outcomeTone, wentWrong } from '../state';
import type { LiveRun } from '../useRun';
import { TestDetail } from './TestDetail';
import { nameOf } from './testId';
import {
  countGroups,
  fits,
  flatRows,
  inOrder,
  isSuite,
  treeRows,
  type OutcomeGroup,
  type Row,
  type SuiteRow,
  type TestView,
} from './testTree';

const ROW = 28;

interface Props {
  live: LiveRun;
  /** Whether the run has ended. */
  over: boolean;
  selected: string | undefined;
}

/** The tests of a run as they happen: by suite, as a list, or the slowest first; narrowed by outcome and text. */
export const TestsPanel = memo(function TestsPanel({ live, over, selected }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { fold } = live;
  const picture = usePictures(live.testPictures);
  const [view, setView] = useState<TestView>('tree');
  const [outcomes, setOutcomes] = useState<ReadonlySet<OutcomeGroup>>(new Set());
  const [text, setText] = useState('');
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const needle = useDeferredValue(text.trim().toLowerCase());

  // The picture stands for the map, which keeps its identity.
  const tests = useMemo(() => inOrder(fold.tests.values()), [fold, picture]);
  const groups = useMemo(() => countGroups(tests), [tests]);
  const rows = useMemo(() => {
    const filter = { outcomes, text: needle };
    const shown = needle === '' && outcomes.size === 0 ? tests : tests.filter((test) => fits(test, filter));
    return view === 'tree' ? treeRows(shown, toggled, needle !== '' || outcomes.size > 0) : flatRows(shown, view);
  }, [tests, outcomes, needle, view, toggled]);

  const select = useCallback(
    (id: string | undefined) =>
      void navigate({
        to: '/runs/$runId',
        params: { runId: String(live.id) },
        search: (was) => ({ ...was, tab: 'tests', test: id }),
        replace: true,
      }),
    [navigate, live],
  );
  const toggle = useCallback((path: string, open: boolean) => setToggled((was) => new Map(was).set(path, open)), []);

  if (tests.length === 0) {
    return (
      <div className="panel">
        <Empty title={over ? t('tests.none') : t('tests.notYet')}>
          <span>{over ? t('tests.noneHint') : t('tests.notYetHint')}</span>
        </Empty>
      </div>
    );
  }

  return (
    <div className={`panel tests${selected ? ' with-detail' : ''}`}>
      <div className="head">
        <Input
          allowClear
          className="filter"
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder={t('tests.filter')}
          aria-label={t('tests.filter')}
        />
        <Chips groups={groups} outcomes={outcomes} onChange={setOutcomes} />
        <span className="grow" />
        <Views view={view} onChange={setView} />
      </div>
      <div className="tests-body">
        <TestRows rows={rows} tree={view === 'tree'} selected={selected} onSelect={select} onToggle={toggle} />
        {selected && <TestDetail runId={live.id} id={selected} row={fold.tests.get(selected)} onClose={() => select(undefined)} />}
      </div>
    </div>
  );
});

/** How many tests there are of each outcome, to narrow the list by. */
const Chips = memo(function Chips({
  groups,
  outcomes,
  onChange,
}: {
  groups: readonly [OutcomeGroup, number][];
  outcomes: ReadonlySet<OutcomeGroup>;
  onChange: (outcomes: ReadonlySet<OutcomeGroup>) => void;
}) {
  const { t } = useTranslation();
  const toggle = (group: OutcomeGroup) => {
    const next = new Set(outcomes);
    if (!next.delete(group)) next.add(group);
    onChange(next);
  };
  return (
    <div className="row wrap" role="group" aria-label={t('tests.byOutcome')} style={{ gap: 4 }}>
      {groups
        .filter(([group, count]) => count > 0 || outcomes.has(group))
        .map(([group, count]) => (
          <button key={group} className={`chip ${group}`} aria-pressed={outcomes.has(group)} onClick={() => toggle(group)}>
            {t(`outcome.${group}`)} <b className="num">{count}</b>
          </button>
        ))}
    </div>
  );
});

const Views = memo(function Views({ view, onChange }: { view: TestView; onChange: (view: TestView) => void }) {
  const { t } = useTranslation();
  return (
    <Segmented<TestView>
      size="small"
      value={view}
      onChange={onChange}
      options={(['tree', 'list', 'slowest'] as const).map((value) => ({ value, label: t(`tests.view.${value}`) }))}
    />
  );
});

const TestRows = memo(function TestRows({
  rows,
  tree,
  selected,
  onSelect,
  onToggle,
}: {
  rows: readonly Row[];
  /** Whether tests stand below their suites. */
  tree: boolean;
  selected: string | undefined;
  onSelect: (id: string) => void;
  onToggle: (path: string, open: boolean) => void;
}) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState(0);
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 8 });
  const at = Math.min(cursor, rows.length - 1);

  const act = (row: Row) => (isSuite(row) ? onToggle(row.path, !row.open) : onSelect(row.id));
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -rows.length, End: rows.length };
    const by = moves[event.key];
    if (by !== undefined) {
      const next = Math.max(0, Math.min(rows.length - 1, at + by));
      setCursor(next);
      list.scrollToIndex(next);
    } else if (row && (event.key === 'Enter' || event.key === ' ')) {
      act(row);
    } else if (row && isSuite(row) && (event.key === 'ArrowRight' || event.key === 'ArrowLeft')) {
      onToggle(row.path, event.key === 'ArrowRight');
    } else return;
    event.preventDefault();
  };

  if (rows.length === 0) return <Empty title={t('tests.nothingFits')} />;
  return (
    <div
      ref={scroller}
      className="rows"
      role="tree"
      tabIndex={0}
      aria-label={t('run.tab.tests')}
      aria-activedescendant={`row-${at}`}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" style={{ height: list.getTotalSize(), position: 'relative' }}>
        {list.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const suite = isSuite(row) ? row : undefined;
          const test = isSuite(row) ? undefined : row;
          const depth = suite ? suite.depth : tree ? (test?.suites.length ?? 0) : 0;
          const chosen = test !== undefined && test.id === selected;
          return (
            <div
              key={test ? test.id : suite?.path}
              id={`row-${item.index}`}
              role="treeitem"
              aria-level={depth + 1}
              aria-selected={chosen}
              aria-expanded={suite?.open}
              aria-setsize={-1}
              aria-posinset={item.index + 1}
              className={`test-row${chosen ? ' chosen' : ''}${item.index === at ? ' cursor' : ''}`}
              style={{ transform: `translateY(${item.start}px)`, paddingLeft: 14 + depth * 16 }}
              onClick={() => {
                setCursor(item.index);
                act(row);
              }}
            >
              {suite && <SuiteLine row={suite} />}
              {test && <TestLine test={test} name={tree ? nameOf(test.id) : test.id} />}
            </div>
          );
        })}
      </div>
    </div>
  );
});

function SuiteLine({ row }: { row: SuiteRow }) {
  const { t } = useTranslation();
  return (
    <>
      <span aria-hidden className={`fold${row.open ? ' open' : ''}`} />
      <span className="clip suite-name">{row.name}</span>
      {row.running > 0 && <Dot tone="run" live />}
      <span className="grow" />
      {row.wrong > 0 && <span className="tone-bad num">{t('tests.wrong', { count: row.wrong })}</span>}
      <span className="dim num">{t('tests.count', { count: row.total })}</span>
      <span className="dim num took">{durationText(row.ms)}</span>
    </>
  );
}

const TestLine = memo(function TestLine({ test, name }: { test: TestRow; name: string }) {
  const { t } = useTranslation();
  const tone = test.outcome === 0 && test.since === undefined ? 'idle' : outcomeTone(test.outcome);
  return (
    <>
      <Dot tone={tone} live={test.since !== undefined} />
      <span className="unseen">{t(`testOutcome.${TestOutcome[test.outcome] as 'PASSED'}`)}</span>
      <span className={`clip test-name${wentWrong(test.outcome) ? ' wrong' : ''}`}>{name}</span>
      {test.flaky && <span className="badge odd">{t('outcome.flaky')}</span>}
      {test.message && <span className="dim clip grow message">{test.message.split('\n', 1)[0]}</span>}
      <span className="grow" />
      <span className="dim num took">
        {test.since !== undefined ? <Running since={test.since} /> : test.durationMs > 0 ? durationText(test.durationMs) : ''}
      </span>
    </>
  );
});

function Running({ since }: { since: number }) {
  const now = useNow();
  return <>{durationText(Math.max(0, Math.floor((now - since) / 1000) * 1000))}</>;
}
