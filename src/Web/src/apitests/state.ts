import type { TFunction } from 'i18next';
import { BatchStatus, RowOutcome, type Batch } from '../gen/orbit/v1/api_batches_pb';
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

/** What a batch is called; the server names none whose cases are not shown to whoever asks. */
export const batchName = (batch: Batch, t: TFunction): string => batch.name || t('api.hiddenBatch', { id: String(batch.id) });

export const batchIsOver = (status: BatchStatus): boolean => status === BatchStatus.COMPLETED || status === BatchStatus.STOPPED;

export const rowTone = (outcome: RowOutcome): Tone =>
  outcome === RowOutcome.PASSED ? 'ok' : outcome === RowOutcome.FAILED ? 'bad' : outcome === RowOutcome.UNCHECKED ? 'warn' : 'idle';
