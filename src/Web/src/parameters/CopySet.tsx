import { useMutation } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ParameterSetService, type ParameterSet } from '../gen/orbit/v1/parameter_sets_pb';
import { Problem } from '../ui/bits';
import { Field } from '../ui/Field';

/** Makes a new set of what is stored in one, secrets included, which nobody could copy by hand. */
export function CopySet({ set, onCopied }: { set: ParameterSet; onCopied: (id: bigint) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const copy = useMutation(ParameterSetService.method.copyParameterSet);
  const [name, setName] = useState<string>();
  const save = async () => {
    const copied = await copy.mutateAsync({ id: set.id, name: name ?? '' }).catch(() => undefined);
    if (!copied) return;
    await client.invalidateQueries();
    setName(undefined);
    onCopied(copied.id);
  };
  return (
    <>
      <Button onClick={() => setName(`${set.name}-2`)}>{t('parameters.copy')}</Button>
      <Modal
        open={name !== undefined}
        title={t('parameters.copyTitle', { name: set.name })}
        okText={t('parameters.copy')}
        okButtonProps={{ disabled: !name?.trim() }}
        cancelText={t('common.cancel')}
        confirmLoading={copy.isPending}
        onOk={() => void save()}
        onCancel={() => setName(undefined)}
      >
        <div className="stack">
          <p>{t('parameters.copyWhat', { version: set.version })}</p>
          <Field label={t('common.name')}>
            <Input maxLength={100} value={name} onChange={(event) => setName(event.target.value)} onPressEnter={() => void save()} />
          </Field>
          {copy.error && <Problem error={copy.error} />}
        </div>
      </Modal>
    </>
  );
}
