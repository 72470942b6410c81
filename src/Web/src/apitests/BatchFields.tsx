import { useQuery } from '@connectrpc/connect-query';
import { Input, InputNumber, Select, Switch } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiLibraryService } from '../gen/orbit/v1/api_library_pb';
import { Field } from '../ui/Field';
import { SuggestInput } from '../ui/SuggestInput';
import { noBatch, type BatchChoice } from './batchChoice';
import { foldersOf, tagsOf } from './folders';
import './apitests.css';

interface Props {
  choice: BatchChoice;
  onChange: (choice: BatchChoice) => void;
}

/** Cases and scenarios × environment × dataset, and how many rows at a time. */
export function BatchFields({ choice, onChange }: Props) {
  const { t } = useTranslation();
  const cases = useQuery(ApiLibraryService.method.listCases, { pageSize: 1000 });
  const scenarios = useQuery(ApiLibraryService.method.listScenarios, { pageSize: 1000 });
  const environments = useQuery(ApiLibraryService.method.listEnvironments, { pageSize: 1000 });
  const datasets = useQuery(ApiLibraryService.method.listDatasets, { pageSize: 1000 });
  const folders = useMemo(() => foldersOf(cases.data?.cases ?? []), [cases.data]);
  const tags = useMemo(() => tagsOf(cases.data?.cases ?? []), [cases.data]);
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
        <Field label={t('api.allOfFolder')} hint={t('api.allOfFolderHint')}>
          <SuggestInput options={folders} value={choice.folder} onChange={(event) => set({ folder: event.target.value })} />
        </Field>
        <Field label={t('api.allOfTag')} hint={t('api.allOfTagHint')}>
          <SuggestInput options={tags} value={choice.tag} onChange={(event) => set({ tag: event.target.value })} />
        </Field>
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
      <Pace choice={choice} onChange={onChange} />
    </>
  );
}

const PACE = ['priority', 'rate', 'partRows', 'partPause', 'labels'] as const;

/** What few batches need: when it is its turn, how hard it presses, where it runs. Open when something of it is set. */
function Pace({ choice, onChange }: Props) {
  const { t } = useTranslation();
  const set = (part: Partial<BatchChoice>) => onChange({ ...choice, ...part });
  return (
    <details open={PACE.some((name) => choice[name] !== noBatch[name]) || undefined}>
      <summary>{t('api.pace')}</summary>
      <div className="two-fields" style={{ marginTop: 8 }}>
        <Field label={t('api.priority')} hint={t('api.priorityHint')}>
          <InputNumber min={-10} max={10} precision={0} value={choice.priority} onChange={(value) => set({ priority: value ?? 0 })} />
        </Field>
        <Field label={t('api.rate')} hint={t('api.rateHint')}>
          <InputNumber min={0} max={1_000_000} value={choice.rate} onChange={(value) => set({ rate: value ?? 0 })} />
        </Field>
        <Field label={t('api.partRows')} hint={t('api.partRowsHint')}>
          <InputNumber min={0} precision={0} value={choice.partRows} onChange={(value) => set({ partRows: value ?? 0 })} />
        </Field>
        <Field label={t('api.partPause')} hint={t('api.partPauseHint')}>
          <InputNumber min={0} max={86_400} precision={0} value={choice.partPause} onChange={(value) => set({ partPause: value ?? 0 })} />
        </Field>
        <Field label={t('api.agentLabels')} hint={t('api.agentLabelsHint')}>
          <Input value={choice.labels} placeholder="pool=lab" onChange={(event) => set({ labels: event.target.value })} />
        </Field>
      </div>
    </details>
  );
}
