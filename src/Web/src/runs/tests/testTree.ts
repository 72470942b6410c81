import { TestOutcome } from '../../gen/orbit/v1/runs_pb';
import { wentWrong } from '../state';
import type { TestRow } from '../runFold';

export type TestView = 'tree' | 'list' | 'slowest';

/** What tests are narrowed to. */
export interface TestFilter {
  outcomes: ReadonlySet<OutcomeGroup>;
  text: string;
}

/** The outcomes as the filter's buttons name them. */
export type OutcomeGroup = 'failed' | 'broken' | 'passed' | 'skipped' | 'running' | 'other' | 'flaky';

export function groupOf(test: TestRow): OutcomeGroup {
  switch (test.outcome) {
    case TestOutcome.PASSED:
      return 'passed';
    case TestOutcome.FAILED:
      return 'failed';
    case TestOutcome.BROKEN:
      return 'broken';
    case TestOutcome.SKIPPED:
      return 'skipped';
    case TestOutcome.UNSPECIFIED:
      return 'running';
    default:
      return 'other';
  }
}

export function fits(test: TestRow, filter: TestFilter): boolean {
  if (filter.outcomes.size > 0 && !filter.outcomes.has(groupOf(test)) && !(test.flaky && filter.outcomes.has('flaky'))) return false;
  return filter.text === '' || test.id.toLowerCase().includes(filter.text);
}

/** A suite with sums, as a line of the tree. */
export interface SuiteRow {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  readonly open: boolean;
  readonly total: number;
  readonly wrong: number;
  readonly running: number;
  readonly ms: number;
}

/** A line of the list. Tests stand there themselves: thousands of lines are made anew with every picture. */
export type Row = SuiteRow | TestRow;

export const isSuite = (row: Row): row is SuiteRow => 'path' in row;

interface Suite {
  path: string;
  name: string;
  suites: Map<string, Suite>;
  tests: TestRow[];
  total: number;
  wrong: number;
  running: number;
  ms: number;
}

/**
 * Rows of the tree. A suite is open when `toggled` says so; of those that nobody has touched, the ones with failures are open, and
 * everything when there is little.
 */
export function treeRows(tests: readonly TestRow[], toggled: ReadonlyMap<string, boolean>, openAll: boolean): Row[] {
  const root = suite('', '');
  for (const test of tests) {
    let at = root;
    count(at, test);
    for (const part of test.suites) {
      let next = at.suites.get(part);
      if (!next) {
        next = suite(`${at.path}::${part}`, part);
        at.suites.set(part, next);
      }
      at = next;
      count(at, test);
    }
    at.tests.push(test);
  }
  const rows: Row[] = [];
  const all = openAll || tests.length <= 60;
  walk(root, 0, rows, toggled, all);
  return rows;
}

function suite(path: string, name: string): Suite {
  return { path, name, suites: new Map(), tests: [], total: 0, wrong: 0, running: 0, ms: 0 };
}

function count(at: Suite, test: TestRow): void {
  at.total++;
  at.ms += test.durationMs;
  if (wentWrong(test.outcome)) at.wrong++;
  if (test.since !== undefined) at.running++;
}

function walk(at: Suite, depth: number, rows: Row[], toggled: ReadonlyMap<string, boolean>, all: boolean): void {
  for (const test of at.tests) rows.push(test);
  const children = [...at.suites.values()].sort((a, b) => Number(b.wrong > 0) - Number(a.wrong > 0)); // what a person came for stands first
  for (const child of children) {
    const open = toggled.get(child.path) ?? (all || child.wrong > 0);
    rows.push({
      path: child.path,
      name: child.name,
      depth,
      open,
      total: child.total,
      wrong: child.wrong,
      running: child.running,
      ms: child.ms,
    });
    if (open) walk(child, depth + 1, rows, toggled, all);
  }
}

export function flatRows(tests: readonly TestRow[], view: 'list' | 'slowest'): readonly Row[] {
  return view === 'slowest' ? [...tests].sort((a, b) => b.durationMs - a.durationMs) : tests;
}

/** Tests in the order of their collection, in which they mostly stand already. */
export function inOrder(tests: Iterable<TestRow>): TestRow[] {
  const all = [...tests];
  const isOrdered = all.every((test, n) => n === 0 || (all[n - 1]?.ordinal ?? 0) <= test.ordinal);
  return isOrdered ? all : all.sort((a, b) => a.ordinal - b.ordinal);
}

const ORDER: OutcomeGroup[] = ['failed', 'broken', 'other', 'running', 'passed', 'skipped', 'flaky'];

export function countGroups(tests: Iterable<TestRow>): [OutcomeGroup, number][] {
  const counts = new Map<OutcomeGroup, number>(ORDER.map((group) => [group, 0]));
  for (const test of tests) {
    const group = groupOf(test);
    counts.set(group, (counts.get(group) ?? 0) + 1);
    if (test.flaky) counts.set('flaky', (counts.get('flaky') ?? 0) + 1);
  }
  return ORDER.map((group) => [group, counts.get(group) ?? 0]);
}
