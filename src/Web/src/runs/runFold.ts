import { clone, equals } from '@bufbuild/protobuf';
import { timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import {
  RunEventType,
  RunSchema,
  StepStatus,
  TestOutcome,
  type Attempt,
  type Run,
  type RunEvent,
  type Step,
  type TestResult,
  type TestSummary,
} from '../gen/orbit/v1/runs_pb';
import { suitesOf } from './tests/testId';

/** A test as lists show it; its trace and output are asked for when somebody looks. */
export interface TestRow {
  readonly id: string;
  /** The suites that it stands in, outermost first. */
  readonly suites: readonly string[];
  readonly outcome: TestOutcome;
  readonly durationMs: number;
  readonly message: string;
  readonly attempt: number;
  readonly worker: string;
  readonly ordinal: number;
  readonly flaky: boolean;
  /** When it began, while it runs; milliseconds. */
  readonly since: number | undefined;
}

/** Something to know about a run that is no state of its own. */
export interface RunNote {
  readonly seq: bigint;
  readonly at: Timestamp | undefined;
  readonly text: string;
}

const MOST_NOTES = 200;

/**
 * A run with its tests, folded from a snapshot, lists and events that may come twice or late. Rows are replaced, never changed; the
 * numbers `runVersion` and `testsVersion` rise with every change.
 */
export class RunFold {
  /** The run; another object whenever something of it has changed but its numbers, which change with every test. */
  run: Run | undefined;
  /** The numbers of its tests as they are now. */
  summary: TestSummary | undefined;
  readonly tests = new Map<string, TestRow>();
  notes: RunNote[] = [];
  progress: ReadonlyMap<string, string> = new Map();
  /** Number of the last event taken. */
  seq = 0n;
  runVersion = 0;
  testsVersion = 0;
  /** True when the list of tests is to be read again: tests were collected, or an attempt began. */
  testsStale = true;
  /** True when the run is to be read again: the events tell less than it says. */
  runStale = false;
  /** Number of the last event that `run` and `summary` know of. */
  private runSeq = 0n;

  /** The run as somebody else read it; taken when it is not older than what is known. */
  offer(run: Run): void {
    if (this.run && run.lastSeq < this.runSeq) return;
    this.runSeq = run.lastSeq;
    this.summary = run.summary;
    if (!this.run || !sameButForNumbers(this.run, run)) this.run = run;
    this.runVersion++;
  }

  /** Tests as a list has them. Results that events have told meanwhile stay. */
  load(tests: readonly TestResult[]): void {
    for (const test of tests) {
      const known = this.tests.get(test.id);
      if (
        known &&
        known.attempt >= test.attempt &&
        (known.outcome !== TestOutcome.UNSPECIFIED || test.outcome === TestOutcome.UNSPECIFIED)
      ) {
        if (known.ordinal === test.ordinal && known.flaky === test.flaky) continue;
        this.tests.set(test.id, { ...known, ordinal: test.ordinal, flaky: test.flaky || known.flaky });
        continue;
      }
      this.tests.set(test.id, rowOf(test, known?.since));
    }
    this.testsVersion++;
  }

  apply(event: RunEvent): void {
    if (event.type === RunEventType.HEARTBEAT) return;
    if (event.type === RunEventType.SNAPSHOT) {
      if (event.run) this.offer(event.run);
      this.seq = event.seq;
      this.testsStale = true;
      return;
    }
    if (event.seq <= this.seq) return;
    this.seq = event.seq;
    this.applyToTests(event);
    this.applyToRun(event);
    if (event.type === RunEventType.PROGRESS && event.step) this.progress = new Map(this.progress).set(event.step.name, event.text);
    if (event.type === RunEventType.NOTE || event.type === RunEventType.CANCEL_REQUESTED || event.type === RunEventType.CONTACT_LOST)
      this.note(event);
  }

  private applyToTests(event: RunEvent): void {
    switch (event.type) {
      case RunEventType.TESTS_COLLECTED:
        this.testsStale = true;
        break;
      case RunEventType.TEST_STARTED:
        if (event.test) this.begin(event.test.id, event);
        break;
      case RunEventType.TEST_FINISHED:
        if (event.test) {
          const before = this.tests.get(event.test.id);
          this.tests.set(event.test.id, {
            ...rowOf(event.test, undefined),
            attempt: event.attempt,
            ordinal: event.test.ordinal || before?.ordinal || 0,
            flaky: isFlaky(before, event),
          });
          this.testsVersion++;
        }
        break;
      case RunEventType.ATTEMPT_FINISHED:
        this.testsStale = true; // what was never reached is only told by the list
        break;
    }
  }

  private begin(id: string, event: RunEvent): void {
    const known = this.tests.get(id);
    if (known && known.attempt >= event.attempt && known.outcome !== TestOutcome.UNSPECIFIED) return;
    this.tests.set(id, {
      id,
      suites: known?.suites ?? suitesOf(id),
      outcome: TestOutcome.UNSPECIFIED,
      durationMs: 0,
      message: '',
      attempt: event.attempt,
      worker: event.test?.worker ?? '',
      ordinal: known?.ordinal ?? this.tests.size,
      flaky: false,
      since: event.time ? timestampMs(event.time) : Date.now(),
    });
    this.testsVersion++;
  }

  private applyToRun(event: RunEvent): void {
    const known = this.run;
    if (!known || event.seq <= this.runSeq) return;
    this.runSeq = event.seq;
    if (event.summary) this.summary = event.summary;
    this.runVersion++;
    if (ONLY_NUMBERS.has(event.type)) return;
    const run = clone(RunSchema, known);
    run.lastSeq = event.seq;
    run.summary = this.summary;
    switch (event.type) {
      case RunEventType.STATUS:
        run.status = event.status;
        break;
      case RunEventType.ACCEPTED:
        run.agent = event.agent;
        run.waitingReason = '';
        this.runStale = true;
        break;
      case RunEventType.STEP_STARTED:
      case RunEventType.STEP_FINISHED:
        if (event.step) run.steps = withStep(run.steps, event.step);
        break;
      case RunEventType.CANCEL_REQUESTED:
        run.cancelRequested = true;
        break;
      case RunEventType.CONTACT_LOST:
        run.contactLostSince = event.time;
        break;
      case RunEventType.CONTACT_RESTORED:
        run.contactLostSince = undefined;
        break;
      case RunEventType.REPORT_READY:
        run.reportUrl = event.reportUrl;
        run.reportNote = '';
        break;
      case RunEventType.ATTEMPT_FINISHED:
        if (event.attemptState) run.attempts = withAttempt(run.attempts, event.attemptState);
        break;
      case RunEventType.QUEUED:
        this.progress = new Map();
        this.runStale = true;
        break;
      case RunEventType.FINISHED:
        run.status = event.status;
        run.verdict = event.verdict;
        run.error = event.text;
        run.finishedAt = event.time;
        this.runStale = true;
        break;
    }
    this.run = run;
  }

  private note(event: RunEvent): void {
    if (!event.text) return;
    this.notes = [...this.notes, { seq: event.seq, at: event.time, text: event.text }].slice(-MOST_NOTES);
    this.runVersion++;
  }
}

/** Events that change nothing of a run but its numbers and what stands beside it. */
const ONLY_NUMBERS: ReadonlySet<RunEventType> = new Set([
  RunEventType.PROGRESS,
  RunEventType.TESTS_COLLECTED,
  RunEventType.TEST_STARTED,
  RunEventType.TEST_FINISHED,
]);

function sameButForNumbers(known: Run, told: Run): boolean {
  const other = clone(RunSchema, told);
  other.lastSeq = known.lastSeq;
  other.summary = known.summary;
  return equals(RunSchema, known, other);
}

function rowOf(test: TestResult, since: number | undefined): TestRow {
  return {
    id: test.id,
    suites: suitesOf(test.id),
    outcome: test.outcome,
    durationMs: Number(test.durationMs),
    message: test.message,
    attempt: test.attempt,
    worker: test.worker,
    ordinal: test.ordinal,
    flaky: test.flaky,
    since: test.outcome === TestOutcome.UNSPECIFIED ? since : undefined,
  };
}

function isFlaky(before: TestRow | undefined, event: RunEvent): boolean {
  if (event.test?.outcome !== TestOutcome.PASSED || !before) return false;
  const failed =
    before.outcome === TestOutcome.FAILED || before.outcome === TestOutcome.BROKEN || before.outcome === TestOutcome.INTERRUPTED;
  return before.flaky || (before.attempt < event.attempt && failed);
}

/** Steps with one as it is now; a rollback may join them late. */
function withStep(steps: Step[], step: Step): Step[] {
  const at = steps.findIndex((one) => one.name === step.name);
  if (at < 0) return [...steps, step];
  const known = steps[at];
  if (known && known.status > StepStatus.RUNNING && step.status === StepStatus.RUNNING) return steps;
  return steps.map((one, index) => (index === at ? step : one));
}

function withAttempt(attempts: Attempt[], attempt: Attempt): Attempt[] {
  return attempts.some((one) => one.number === attempt.number)
    ? attempts.map((one) => (one.number === attempt.number ? attempt : one))
    : [...attempts, attempt];
}
