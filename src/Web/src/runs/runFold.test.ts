import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import {
  RunEventSchema,
  RunEventType,
  RunSchema,
  RunStatus,
  StepStatus,
  TestOutcome,
  TestResultSchema,
  TestSummarySchema,
  Verdict,
} from '../gen/orbit/v1/runs_pb';
import { RunFold } from './runFold';

const event = (seq: number, type: RunEventType, more: MessageInitShape<typeof RunEventSchema> = {}) =>
  create(RunEventSchema, { seq: BigInt(seq), type, attempt: 1, ...more });
const snapshot = (seq: number) =>
  event(seq, RunEventType.SNAPSHOT, {
    run: create(RunSchema, {
      id: 7n,
      lastSeq: BigInt(seq),
      status: RunStatus.TESTING,
      steps: [{ name: 'test', status: StepStatus.RUNNING }],
    }),
  });
const finished = (seq: number, id: string, outcome: TestOutcome, attempt = 1) =>
  event(seq, RunEventType.TEST_FINISHED, { attempt, test: { id, outcome, attempt, durationMs: 5n } });

describe('A run that is folded from events', () => {
  test('takes an event once, however often it comes', () => {
    const fold = new RunFold();
    fold.apply(snapshot(3));
    fold.apply(finished(4, 'a', TestOutcome.FAILED));
    fold.apply(finished(4, 'a', TestOutcome.PASSED));
    fold.apply(finished(2, 'a', TestOutcome.PASSED));
    expect(fold.tests.get('a')?.outcome).toBe(TestOutcome.FAILED);
    expect(fold.seq).toBe(4n);
  });

  test('keeps what events told when an older list comes late', () => {
    const fold = new RunFold();
    fold.apply(snapshot(1));
    fold.apply(finished(2, 'a', TestOutcome.PASSED));
    fold.load([
      create(TestResultSchema, { id: 'a', outcome: TestOutcome.UNSPECIFIED, attempt: 1, ordinal: 0 }),
      create(TestResultSchema, { id: 'b', outcome: TestOutcome.SKIPPED, attempt: 1, ordinal: 1 }),
    ]);
    expect([...fold.tests.values()].map((row) => row.outcome)).toEqual([TestOutcome.PASSED, TestOutcome.SKIPPED]);
  });

  test('knows a flaky test: it passed after it had failed in an earlier attempt', () => {
    const fold = new RunFold();
    fold.apply(snapshot(1));
    fold.apply(finished(2, 'a', TestOutcome.FAILED));
    fold.apply(finished(3, 'a', TestOutcome.PASSED, 2));
    expect(fold.tests.get('a')?.flaky).toBe(true);
  });

  test('does not take an older run for a newer one, nor a step back', () => {
    const fold = new RunFold();
    fold.apply(snapshot(5));
    fold.apply(event(6, RunEventType.STEP_FINISHED, { step: { name: 'test', status: StepStatus.SUCCEEDED } }));
    fold.offer(create(RunSchema, { id: 7n, lastSeq: 4n, status: RunStatus.PENDING }));
    fold.apply(event(7, RunEventType.STEP_STARTED, { step: { name: 'test', status: StepStatus.RUNNING } }));
    expect(fold.run?.status).toBe(RunStatus.TESTING);
    expect(fold.run?.steps[0]?.status).toBe(StepStatus.SUCCEEDED);
  });

  test('is the same run while only its numbers change, whoever tells them', () => {
    const fold = new RunFold();
    fold.apply(snapshot(1));
    const before = fold.run;
    fold.apply(event(2, RunEventType.TEST_FINISHED, { test: { id: 'a', outcome: TestOutcome.PASSED }, summary: { passed: 1, total: 2 } }));
    expect(fold.summary).toMatchObject({ passed: 1, total: 2 });
    fold.offer(create(RunSchema, { ...snapshot(3).run!, summary: create(TestSummarySchema, { passed: 2, total: 2 }) }));
    expect(fold.summary?.passed).toBe(2);
    expect(fold.run).toBe(before);
    fold.apply(event(4, RunEventType.STEP_FINISHED, { step: { name: 'test', status: StepStatus.SUCCEEDED } }));
    expect(fold.run).not.toBe(before);
    expect(fold.run?.summary?.passed).toBe(2);
  });

  test('ends with verdict and words, and asks for the whole of it', () => {
    const fold = new RunFold();
    fold.apply(snapshot(1));
    fold.apply(event(2, RunEventType.FINISHED, { status: RunStatus.FAILED, verdict: Verdict.TIMED_OUT, text: 'too slow' }));
    expect(fold.run).toMatchObject({ status: RunStatus.FAILED, verdict: Verdict.TIMED_OUT, error: 'too slow' });
    expect(fold.runStale).toBe(true);
  });
});
