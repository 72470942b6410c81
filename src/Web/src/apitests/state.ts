import { BatchStatus, RowOutcome } from '../gen/orbit/v1/api_batches_pb';
import type { Tone } from '../runs/state';

export const batchTone = (status: BatchStatus, failed: number): Tone =>
  status === BatchStatus.RUNNING
    ? 'run'
    : status === BatchStatus.PAUSED
      ? 'warn'
      : status === BatchStatus.STOPPED
        ? 'idle'
        : failed > 0
          ? 'bad'
          : 'ok';

export const batchIsOver = (status: BatchStatus): boolean => status === BatchStatus.COMPLETED || status === BatchStatus.STOPPED;

export const rowTone = (outcome: RowOutcome): Tone =>
  outcome === RowOutcome.PASSED ? 'ok' : outcome === RowOutcome.FAILED ? 'bad' : outcome === RowOutcome.UNCHECKED ? 'warn' : 'idle';
