import { useQuery } from '@connectrpc/connect-query';
import { InputNumber, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import type { CreateBatchRequest } from '../gen/orbit/v1/api_batches_pb';
import { ApiLibraryService } from '../gen/orbit/v1/api_library_pb';
import { Field } from '../ui/Field';
import './apitests.css';

/** What a batch runs, as the form has it. */
export interface BatchChoice {
  caseIds: string[];
  scenarioIds: string[];
  environment: string;
  dataset: string;
  concurrency: number;
  adaptive: boolean;
}

export const noBatch: BatchChoice = { caseIds: [], scenarioIds: [], environment: '0', dataset: '0', concurrency: 5, adaptive: false };

export const choiceOf = (batch: CreateBatchRequest | undefined): BatchChoice =>
  batch
    ? {
        caseIds: batch.caseIds.map(String),
        scenarioIds: batch.scenarioIds.map(String),
        environment: String(batch.environmentId),
        dataset: String(batch.datasetId),
        concurrency: batch.concurrency || 5,
        adaptive: batch.adaptive,
      }
    : noBatch;

export const requestOf = (choice: BatchChoice) => ({
  caseIds: choice.caseIds.map(BigInt),
  scenarioIds: choice.scenarioIds.map(BigInt),
  environmentId: BigInt(choice.environment),
  datasetId: BigInt(choice.dataset),
  concurrency: choice.concurrency,
  adaptive: choice.adaptive,
});

/** Cases and scenarios × environment × dataset, and how many rows at a time. */
export function BatchFields({ choice, onChange }: { choice: BatchChoice; onChange: (choice: BatchChoice) => void }) {
  const { t } = useTranslation();
  const cases = useQuery(ApiLibraryService.method.listCases, { pageSize: 1000 });
  const scenarios = useQuery(ApiLibraryService.method.listScenarios, { pageSize: 1000 });
  const environments = useQuery(ApiLibraryService.method.listEnvironments, { pageSize: 1000 });
  const datasets = useQuery(ApiLibraryService.method.listDatasets, { pageSize: 1000 });
  const option = (one: { id: bigint; name: string }) => ({ value: String(one.id), label: one.name });
  const none = { value: '0', label: t('common.none') };
  const set = (part: Partial<BatchChoice>) => onChange({ ...choice, ...part });
  return (
    <>
      <Field label={t('api.tab.cases')}>
        <Select
          mode="multiple"
          value={choice.caseIds}
          onChange={(caseIds) => set({ caseIds })}
          showSearch={{ optionFilterProp: 'label' }}
          options={(cases.data?.cases ?? []).map(option)}
        />
      </Field>
      <Field label={t('api.tab.scenarios')}>
        <Select
          mode="multiple"
          value={choice.scenarioIds}
          onChange={(scenarioIds) => set({ scenarioIds })}
          showSearch={{ optionFilterProp: 'label' }}
          options={(scenarios.data?.scenarios ?? []).map(option)}
        />
      </Field>
      <div className="two-fields">
        <Field label={t('api.environment')}>
          <Select
            value={choice.environment}
            onChange={(environment) => set({ environment })}
            options={[none, ...(environments.data?.environments ?? []).map(option)]}
          />
        </Field>
        <Field label={t('api.dataset')}>
          <Select
            value={choice.dataset}
            onChange={(dataset) => set({ dataset })}
            options={[none, ...(datasets.data?.datasets ?? []).map(option)]}
          />
        </Field>
        <Field label={t('api.concurrency')} hint={t('api.concurrencyHint')}>
          <InputNumber min={1} max={1000} value={choice.concurrency} onChange={(value) => set({ concurrency: value ?? 1 })} />
        </Field>
      </div>
      <label className="row">
        <Switch size="small" checked={choice.adaptive} onChange={(adaptive) => set({ adaptive })} /> {t('api.adaptive')}
      </label>
    </>
  );
}
