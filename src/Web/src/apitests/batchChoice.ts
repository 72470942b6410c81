import type { CreateBatchRequest } from '../gen/orbit/v1/api_batches_pb';
import { labelsText, parseLabels } from '../ui/Field';

/** What a batch runs and how, as the form has it. */
export interface BatchChoice {
  caseIds: string[];
  scenarioIds: string[];
  folder: string;
  tag: string;
  environment: string;
  dataset: string;
  concurrency: number;
  adaptive: boolean;
  priority: number;
  /** Requests a second; 0: no limit. */
  rate: number;
  /** Rows between two pauses; 0: none. */
  partRows: number;
  /** Seconds. */
  partPause: number;
  /** Labels of the agents that may run it. */
  labels: string;
}

export const noBatch: BatchChoice = {
  caseIds: [],
  scenarioIds: [],
  folder: '',
  tag: '',
  environment: '0',
  dataset: '0',
  concurrency: 5,
  adaptive: false,
  priority: 0,
  rate: 0,
  partRows: 0,
  partPause: 0,
  labels: '',
};

export const choiceOf = (batch: CreateBatchRequest | undefined): BatchChoice =>
  batch
    ? {
        caseIds: batch.caseIds.map(String),
        scenarioIds: batch.scenarioIds.map(String),
        folder: batch.folder,
        tag: batch.tag,
        environment: String(batch.environmentId),
        dataset: String(batch.datasetId),
        concurrency: batch.concurrency || 5,
        adaptive: batch.adaptive,
        priority: batch.priority,
        rate: batch.ratePerHost,
        partRows: batch.partRows,
        partPause: batch.partPauseS,
        labels: labelsText(batch.labels),
      }
    : noBatch;

export const requestOf = (choice: BatchChoice) => ({
  caseIds: choice.caseIds.map(BigInt),
  scenarioIds: choice.scenarioIds.map(BigInt),
  folder: choice.folder.trim(),
  tag: choice.tag.trim(),
  environmentId: BigInt(choice.environment),
  datasetId: BigInt(choice.dataset),
  concurrency: choice.concurrency,
  adaptive: choice.adaptive,
  priority: choice.priority,
  ratePerHost: choice.rate,
  partRows: choice.partRows,
  partPauseS: choice.partPause,
  labels: parseLabels(choice.labels),
});

/** True when there is nothing to run. */
export const runsNothing = (choice: BatchChoice): boolean =>
  choice.caseIds.length + choice.scenarioIds.length === 0 && choice.folder.trim() === '' && choice.tag.trim() === '';
