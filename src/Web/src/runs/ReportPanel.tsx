import { Button } from 'antd';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Run } from '../gen/orbit/v1/runs_pb';
import { Empty } from '../ui/bits';
import { OpenIcon } from '../ui/icons';
import { isOver } from './state';

/** The Allure report in a frame of its own origin. */
export const ReportPanel = memo(function ReportPanel({ run }: { run: Run }) {
  const { t } = useTranslation();
  if (!run.reportUrl) {
    return (
      <div className="panel">
        <Empty title={isOver(run.status) ? t('report.none') : t('report.later')}>{run.reportNote && <span>{run.reportNote}</span>}</Empty>
      </div>
    );
  }
  return (
    <div className="panel report">
      <div className="head">
        <h2 className="grow">{t('report.title')}</h2>
        <Button size="small" icon={<OpenIcon />} href={`/reports/${run.id}/`} target="_blank" rel="noreferrer">
          {t('report.inTab')}
        </Button>
      </div>
      <iframe key={run.lastSeq.toString()} src={`/reports/${run.id}/`} title={t('report.title')} />
    </div>
  );
});
