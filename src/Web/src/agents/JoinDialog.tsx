import { useMutation } from '@connectrpc/connect-query';
import { Input, Modal, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AgentService } from '../gen/orbit/v1/agents_pb';
import { CopyButton, Problem } from '../ui/bits';
import { Field, parseLabels } from '../ui/Field';
import { spanText, When } from '../ui/time';

/** Makes a one-time token, and the one line that joins a host with it. */
export function JoinDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const create = useMutation(AgentService.method.createJoinToken);
  const [name, setName] = useState('');
  const [labels, setLabels] = useState('');
  const [ttl, setTtl] = useState(3600);
  const [rejoin, setRejoin] = useState(false);
  const token = create.data?.token;
  const command = token ? `${create.data?.installCommand}${name ? ` --name ${name}` : ''}` : '';

  return (
    <Modal
      open
      title={t('agents.join')}
      onCancel={onClose}
      okText={token ? t('common.close') : t('agents.makeToken')}
      cancelButtonProps={{ style: token ? { display: 'none' } : {} }}
      cancelText={t('common.cancel')}
      confirmLoading={create.isPending}
      onOk={() =>
        token ? onClose() : create.mutate({ name, labels: parseLabels(labels), ttlS: BigInt(ttl), rejoin: rejoin && name !== '' })
      }
      width={640}
    >
      <div className="stack">
        {!token && (
          <>
            <Field label={t('agents.name')} hint={t('agents.nameHint')}>
              <Input value={name} onChange={(event) => setName(event.target.value)} />
            </Field>
            <Field label={t('builds.labels')} hint={t('agents.labelsHint')}>
              <Input value={labels} placeholder="pool=lab, zone=a" onChange={(event) => setLabels(event.target.value)} />
            </Field>
            <Field label={t('agents.valid')}>
              <Select
                value={ttl}
                onChange={setTtl}
                options={[600, 3600, 86_400, 604_800].map((value) => ({ value, label: spanText(value * 1000) }))}
              />
            </Field>
            <label className="row">
              <Switch size="small" disabled={name === ''} checked={rejoin && name !== ''} onChange={setRejoin} /> {t('fleet.rejoin')}
            </label>
          </>
        )}
        {create.error && <Problem error={create.error} />}
        {token && (
          <>
            <p>{t('agents.runThis')}</p>
            <div className="notice" style={{ alignItems: 'center' }}>
              <code className="grow" style={{ overflowWrap: 'anywhere' }}>
                {command}
              </code>
              <CopyButton text={command} label={t('common.copy')} />
            </div>
            <p className="dim">{t('agents.dryRun')}</p>
            {create.data?.caFingerprint && (
              <p className="dim">
                {t('agents.authority')} <code style={{ overflowWrap: 'anywhere' }}>{create.data.caFingerprint}</code>
              </p>
            )}
            <p className="dim">
              {t('agents.tokenOnce')} <When time={create.data?.expiresAt} />
            </p>
          </>
        )}
      </div>
    </Modal>
  );
}
