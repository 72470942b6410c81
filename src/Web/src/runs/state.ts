import { GateState, RunStatus, StepStatus, TestOutcome, Verdict, type Run } from '../gen/orbit/v1/runs_pb';

/** The colour that a state is shown in. */
export type Tone = 'ok' | 'bad' | 'warn' | 'odd' | 'run' | 'idle';

export function isOver(status: RunStatus): boolean {
  return status === RunStatus.COMPLETED || status === RunStatus.FAILED || status === RunStatus.CANCELLED;
}

export function isWaiting(run: Run): boolean {
  return run.status === RunStatus.PENDING;
}

const VERDICT_TONES: Record<Verdict, Tone> = {
  [Verdict.UNSPECIFIED]: 'idle',
  [Verdict.PASSED]: 'ok',
  [Verdict.TESTS_FAILED]: 'bad',
  [Verdict.NO_TESTS]: 'warn',
  [Verdict.INFRASTRUCTURE_ERROR]: 'warn',
  [Verdict.TIMED_OUT]: 'warn',
  [Verdict.INTERRUPTED]: 'warn',
  [Verdict.CANCELLED]: 'idle',
  [Verdict.UNKNOWN]: 'odd',
};

export const verdictTone = (verdict: Verdict): Tone => VERDICT_TONES[verdict] ?? 'odd';

/** The one word and colour of a run: its verdict once it has one, else where it stands. */
export function runTone(run: Run): Tone {
  if (isOver(run.status)) return verdictTone(run.verdict);
  if (run.contactLostSince) return 'odd';
  return run.status === RunStatus.PENDING ? 'idle' : 'run';
}

const STEP_TONES: Record<StepStatus, Tone> = {
  [StepStatus.UNSPECIFIED]: 'idle',
  [StepStatus.PENDING]: 'idle',
  [StepStatus.RUNNING]: 'run',
  [StepStatus.SUCCEEDED]: 'ok',
  [StepStatus.FAILED]: 'bad',
  [StepStatus.SKIPPED]: 'idle',
  [StepStatus.CANCELLED]: 'idle',
  [StepStatus.UNKNOWN]: 'odd',
};

export const stepTone = (status: StepStatus): Tone => STEP_TONES[status] ?? 'odd';

const OUTCOME_TONES: Record<TestOutcome, Tone> = {
  [TestOutcome.UNSPECIFIED]: 'run',
  [TestOutcome.PASSED]: 'ok',
  [TestOutcome.FAILED]: 'bad',
  [TestOutcome.BROKEN]: 'warn',
  [TestOutcome.SKIPPED]: 'idle',
  [TestOutcome.INTERRUPTED]: 'odd',
  [TestOutcome.NOT_RUN]: 'idle',
  [TestOutcome.UNKNOWN]: 'odd',
};

export const outcomeTone = (outcome: TestOutcome): Tone => OUTCOME_TONES[outcome] ?? 'odd';

/** True for tests that a person must look at. */
export const wentWrong = (outcome: TestOutcome): boolean =>
  outcome === TestOutcome.FAILED ||
  outcome === TestOutcome.BROKEN ||
  outcome === TestOutcome.INTERRUPTED ||
  outcome === TestOutcome.UNKNOWN;

const GATE_TONES: Record<GateState, Tone> = {
  [GateState.UNSPECIFIED]: 'odd',
  [GateState.PENDING]: 'idle',
  [GateState.RUNNING]: 'run',
  [GateState.PASSED]: 'ok',
  [GateState.FAILED]: 'bad',
  [GateState.STOPPED]: 'warn',
  [GateState.SKIPPED]: 'idle',
  [GateState.ERROR]: 'bad',
};

export const gateTone = (state: GateState): Tone => GATE_TONES[state] ?? 'odd';

/** True while nothing is decided. */
export const gateIsOpen = (state: GateState): boolean => state === GateState.PENDING || state === GateState.RUNNING;
