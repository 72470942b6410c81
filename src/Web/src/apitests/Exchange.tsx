import { useMutation } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Dropdown, Input, Modal, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiLibraryService, type ImportApiTestsResponse } from '../gen/orbit/v1/api_library_pb';
import { Badge, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { DownloadIcon } from '../ui/icons';
import { FORMATS, formatOf, type Format } from './formats';

/** Writes out what is chosen, or all there is. */
export function ExportMenu({ caseId, folder = '' }: { caseId?: bigint; folder?: string }) {
  const { t } = useTranslation();
  const extension = { yaml: 'yaml', json: 'json', postman: 'postman_collection.json' } as const;
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: (Object.keys(extension) as (keyof typeof extension)[]).map((format) => ({
          key: format,
          label: (
            <a
              href={`/api/v1/api-tests/export?format=${format}${caseId === undefined ? `&folder=${encodeURIComponent(folder)}` : `&case_ids=${caseId}`}`}
              download={`api-tests.${extension[format]}`}
            >
              {t(`exchange.to.${format}`)}
            </a>
          ),
        })),
      }}
    >
      <Button icon={<DownloadIcon />}>{t('exchange.export')}</Button>
    </Dropdown>
  );
}

/** Takes over a collection: first what would be made and what is not covered, then the deed. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const take = useMutation(ApiLibraryService.method.importApiTests);
  const [format, setFormat] = useState<Format>('postman');
  const [content, setContent] = useState('');
  const [folder, setFolder] = useState('');
  const [keepScripts, setKeepScripts] = useState(false);
  const [result, setResult] = useState<{ answer: ImportApiTestsResponse; done: boolean }>();
  const put = (text: string) => {
    setContent(text);
    setResult(undefined);
    const guessed = formatOf(text);
    if (guessed) setFormat(guessed);
  };
  const cannot = content.trim() === '' || take.isPending;
  const ask = async (dryRun: boolean) => {
    const answer = await take.mutateAsync({ format, content, folder, dryRun, keepScripts }).catch(() => undefined);
    if (!answer) return;
    setResult({ answer, done: !dryRun });
    if (!dryRun) await client.invalidateQueries();
  };
  return (
    <Modal
      open
      title={t('exchange.import')}
      width={720}
      onCancel={onClose}
      footer={
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{result?.done ? t('common.close') : t('common.cancel')}</Button>
          {!result?.done && (
            <>
              <Button disabled={cannot} loading={take.isPending && take.variables.dryRun === true} onClick={() => void ask(true)}>
                {t('exchange.look')}
              </Button>
              <Button
                type="primary"
                disabled={cannot}
                loading={take.isPending && take.variables.dryRun !== true}
                onClick={() => void ask(false)}
              >
                {t('exchange.take')}
              </Button>
            </>
          )}
        </div>
      }
    >
      <div className="stack">
        <div className="row wrap">
          <Select
            aria-label={t('api.format')}
            style={{ width: 190 }}
            value={format}
            onChange={(value) => {
              setFormat(value);
              setResult(undefined);
            }}
            options={FORMATS.map((value) => ({ value, label: t(`exchange.from.${value}`) }))}
          />
          <input
            type="file"
            aria-label={t('api.file')}
            accept=".json,.yaml,.yml,.har,.txt,.sh"
            onChange={(event) => void event.target.files?.[0]?.text().then(put)}
          />
        </div>
        <Field label={t('exchange.content')} hint={t('exchange.contentHint')}>
          <Input.TextArea
            className="json"
            spellCheck={false}
            autoSize={{ minRows: 7, maxRows: 14 }}
            value={content}
            onChange={(event) => put(event.target.value)}
          />
        </Field>
        {format === 'postman' && (
          <label className="row">
            <Switch
              size="small"
              checked={keepScripts}
              onChange={(keep) => {
                setKeepScripts(keep);
                setResult(undefined);
              }}
            />{' '}
            {t('exchange.keepScripts')}
          </label>
        )}
        <Field label={t('exchange.folder')}>
          <Input value={folder} placeholder="shop/orders" onChange={(event) => setFolder(event.target.value)} />
        </Field>
        {take.error && <Problem error={take.error} />}
        {result && <Outcome answer={result.answer} done={result.done} />}
      </div>
    </Modal>
  );
}

function Outcome({ answer, done }: { answer: ImportApiTestsResponse; done: boolean }) {
  const { t } = useTranslation();
  const made = [...answer.cases, ...answer.scenarios];
  return (
    <div className="stack" role="status" style={{ gap: 8 }}>
      <p>
        <Badge tone={done ? 'ok' : 'run'}>{done ? t('exchange.done') : t('exchange.would')}</Badge>{' '}
        {t('exchange.made', { cases: answer.cases.length, scenarios: answer.scenarios.length })}
      </p>
      {made.length > 0 && (
        <ul className="mono" style={{ maxHeight: 140, overflow: 'auto' }} tabIndex={0} aria-label={t('exchange.list')}>
          {made.map((one, index) => (
            <li key={index}>{one.name}</li>
          ))}
        </ul>
      )}
      {answer.renamed.length > 0 && (
        <p className="dim">
          {t('exchange.renamed')} {answer.renamed.join(', ')}
        </p>
      )}
      {answer.scripts.length > 0 && (
        <p className="dim">
          {t('exchange.scripts')} {answer.scripts.join(', ')}
        </p>
      )}
      {answer.notCovered.length > 0 && (
        <div className="notice warn">
          <div>
            <strong>{t('exchange.notCovered')}</strong>
            <ul className="mono">
              {answer.notCovered.map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </div>
  );
}
