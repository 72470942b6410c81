import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Empty } from '../ui/bits';
import { useTitle } from './title';

export function NotFoundPage() {
  const { t } = useTranslation();
  useTitle(t('edge.notFound'));
  return (
    <div className="page">
      <h1>{t('edge.notFound')}</h1>
      <Empty title={t('edge.notFoundHint')}>
        <Link to="/">{t('nav.now')}</Link>
      </Empty>
    </div>
  );
}

/** A defect of the page itself. After an update of the server, parts of the old pages are gone: reading the page anew helps. */
export function BrokenPage({ error }: { error: Error }) {
  const { t } = useTranslation();
  return (
    <div className="page">
      <h1>{t('edge.broken')}</h1>
      <div className="panel">
        <Empty title={t('edge.brokenHint')}>
          <Button type="primary" onClick={() => location.reload()}>
            {t('edge.reload')}
          </Button>
          <pre className="dim" style={{ whiteSpace: 'pre-wrap' }}>
            {error.message}
          </pre>
        </Empty>
      </div>
    </div>
  );
}
