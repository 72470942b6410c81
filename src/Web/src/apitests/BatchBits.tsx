import { useTranslation } from 'react-i18next';
import { BatchStatus, type Batch } from '../gen/orbit/v1/api_batches_pb';
import { Badge } from '../ui/bits';
import { batchTone } from './state';

export function BatchBadge({ batch }: { batch: Batch }) {
  const { t } = useTranslation();
  const tone = batchTone(batch.status, batch.failCount);
  return (
    <Badge tone={tone} live={tone === 'run'}>
      {batch.stopping ? t('api.stopping') : t(`batchStatus.${BatchStatus[batch.status] as 'RUNNING'}`)}
    </Badge>
  );
}

export function BatchMeter({ batch }: { batch: Batch }) {
  const { t } = useTranslation();
  const parts: [string, number][] = [
    ['fill-ok', batch.passCount],
    ['fill-bad', batch.failCount],
    ['fill-warn', batch.uncheckedCount],
    ['fill-idle', batch.skippedCount],
  ];
  const words = t('api.rowsInWords', { done: batch.completedCount, total: batch.totalCount, failed: batch.failCount });
  return (
    <div className="meter" role="img" aria-label={words} title={words}>
      {parts.map(([fill, count]) => (count > 0 ? <i key={fill} className={fill} style={{ flex: count }} /> : null))}
      <i style={{ flex: Math.max(0, batch.totalCount - batch.completedCount), minWidth: 0 }} />
    </div>
  );
}
