import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Button, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { TrustService } from '../gen/orbit/v1/trust_pb';
import { CopyButton, Problem } from '../ui/bits';
import { DownloadIcon } from '../ui/icons';
import { When } from '../ui/time';
import { useAsk } from '../ui/useAct';

/** A backup to take away, and the certificate authority that agents trust. */
export function KeepingPanel() {
  const { t } = useTranslation();
  const ask = useAsk();
  const trust = useQuery(TrustService.method.getTrust, {}, { retry: false });
  const rotate = useMutation(TrustService.method.rotateTrust);
  const askRotate = () => {
    let distrustOld = false;
    ask(
      {
        title: t('system.rotateTitle'),
        what: (
          <div className="stack">
            <p>{t('system.rotateWhat')}</p>
            <label className="row">
              <Switch size="small" onChange={(stolen) => (distrustOld = stolen)} /> {t('system.stolen')}
            </label>
            <p className="dim">{t('system.stolenWhat')}</p>
          </div>
        ),
        ok: t('system.rotate'),
        danger: false,
        done: t('system.rotated'),
      },
      async () => {
        await rotate.mutateAsync({ distrustOld });
        await trust.refetch();
      },
    );
  };
  return (
    <section className="panel" aria-labelledby="keeping">
      <div className="head">
        <h2 id="keeping">{t('system.keeping')}</h2>
      </div>
      <div className="body stack" style={{ gap: 10 }}>
        <div className="row wrap">
          <p className="grow">{t('system.backupWhat')}</p>
          <Button icon={<DownloadIcon />} href="/api/v1/backup" download="orbit-backup.tar.gz">
            {t('system.backup')}
          </Button>
        </div>
        {trust.error && <Problem error={trust.error} onRetry={() => void trust.refetch()} />}
        {trust.data && !trust.data.own && <p className="dim">{t('system.noAuthority')}</p>}
        {trust.data?.own && (
          <div className="row wrap">
            <dl className="facts grow">
              <dt>{t('system.authority')}</dt>
              <dd>
                <code style={{ overflowWrap: 'anywhere' }}>{trust.data.fingerprint}</code> <CopyButton text={trust.data.fingerprint} />
              </dd>
              <dt>{t('system.names')}</dt>
              <dd>{trust.data.names.join(', ')}</dd>
              <dt>{t('system.ends')}</dt>
              <dd>
                <When time={trust.data.certificateEndsAt} />
              </dd>
              <dt>{t('system.authorityEnds')}</dt>
              <dd>
                <When time={trust.data.authorityEndsAt} />
              </dd>
            </dl>
            <Button onClick={askRotate}>{t('system.rotate')}</Button>
          </div>
        )}
      </div>
    </section>
  );
}
