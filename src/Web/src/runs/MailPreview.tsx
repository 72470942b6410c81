import { useQuery } from '@connectrpc/connect-query';
import { Button, Modal, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NotificationService } from '../gen/orbit/v1/notifications_pb';
import { Loading, Problem } from '../ui/bits';

type Form = 'html' | 'text';

/** A button that shows the mail about a run that has ended, as it would be written now. */
export function MailPreview({ runId }: { runId: bigint }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        {t('mail.show')}
      </Button>
      {open && <MailDialog runId={runId} onClose={() => setOpen(false)} />}
    </>
  );
}

function MailDialog({ runId, onClose }: { runId: bigint; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const [language, setLanguage] = useState(i18n.language.startsWith('zh') ? 'zh' : 'en');
  const [form, setForm] = useState<Form>('html');
  const mail = useQuery(NotificationService.method.previewRunMail, { runId, language }, { retry: false, placeholderData: (was) => was });
  return (
    <Modal open title={t('mail.title')} width={760} onCancel={onClose} footer={null}>
      <div className="stack">
        <p className="dim">{t('mail.about')}</p>
        <div className="row wrap">
          <Segmented
            size="small"
            aria-label={t('mail.language')}
            value={language}
            onChange={setLanguage}
            options={[
              { value: 'en', label: 'English' },
              { value: 'zh', label: '简体中文' },
            ]}
          />
          <Segmented<Form>
            size="small"
            aria-label={t('mail.form')}
            value={form}
            onChange={setForm}
            options={[
              { value: 'html', label: t('mail.html') },
              { value: 'text', label: t('mail.text') },
            ]}
          />
        </div>
        {mail.error && <Problem error={mail.error} onRetry={() => void mail.refetch()} />}
        {mail.isPending && <Loading />}
        {mail.data && (
          <>
            <dl className="facts">
              <dt>{t('mail.subject')}</dt>
              <dd style={{ overflowWrap: 'anywhere' }}>{mail.data.subject}</dd>
            </dl>
            {form === 'html' ? (
              // No scripts, no forms, no way out of the frame: it is shown as a mail program would.
              <iframe className="mail" sandbox="" srcDoc={mail.data.html} title={t('mail.title')} />
            ) : (
              <pre className="text-block mail" tabIndex={0}>
                {mail.data.text}
              </pre>
            )}
          </>
        )}
      </div>
    </Modal>
  );
}
