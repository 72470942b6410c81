import { useQuery as useConnectQuery } from '@connectrpc/connect-query';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { BuildService } from '../gen/orbit/v1/builds_pb';
import type { Run } from '../gen/orbit/v1/runs_pb';
import { Badge, CopyButton, Empty, Labels, VerdictBadge } from '../ui/bits';
import { DownloadIcon } from '../ui/icons';
import { ListTable } from '../ui/ListTable';
import { sizeText } from '../ui/size';
import { Elapsed, When } from '../ui/time';
import { MailPreview } from './MailPreview';
import type { RunNote } from './runFold';
import { isOver } from './state';

/** Host, build, parameters, attempts, files: everything a run was made of. */
export const DetailsPanel = memo(function DetailsPanel({ run, notes }: { run: Run; notes: RunNote[] }) {
  const { t } = useTranslation();
  const build = useConnectQuery(BuildService.method.getBuild, { id: run.buildId }, { enabled: run.buildId > 0n });
  const parameters = JSON.stringify(run.parameters ?? {}, null, 2);
  return (
    <div className="cols two">
      <div className="stack">
        <section className="panel" aria-labelledby="facts">
          <div className="head">
            <h2 id="facts" className="grow">
              {t('details.facts')}
            </h2>
            {isOver(run.status) && <MailPreview runId={run.id} />}
          </div>
          <dl className="facts body">
            <dt>{t('details.item')}</dt>
            <dd>
              <Link to="/runs" search={{ item: Number(run.testItemId) }}>
                {run.testItemName}
              </Link>
            </dd>
            <dt>{t('details.host')}</dt>
            <dd>{run.agent || '–'}</dd>
            <dt>{t('details.by')}</dt>
            <dd>{run.requestedBy}</dd>
            <dt>{t('details.triggered')}</dt>
            <dd>
              <When time={run.createdAt} />
            </dd>
            <dt>{t('details.waited')}</dt>
            <dd>
              <Elapsed from={run.createdAt} to={run.startedAt ?? run.finishedAt} />
            </dd>
            <dt>{t('run.duration')}</dt>
            <dd>
              <Elapsed from={run.startedAt} to={run.finishedAt} />
            </dd>
            <dt>{t('details.priority')}</dt>
            <dd>{run.priority}</dd>
          </dl>
        </section>
        {build.data && (
          <section className="panel" aria-labelledby="build">
            <div className="head">
              <h2 id="build">{t('details.build')}</h2>
            </div>
            <dl className="facts body">
              <dt>{t('builds.job')}</dt>
              <dd>
                <Link to="/builds" search={{ job: build.data.jobName }}>
                  {build.data.jobName}
                </Link>
              </dd>
              <dt>{t('builds.number')}</dt>
              <dd>{build.data.buildNumber}</dd>
              <dt>{t('builds.user')}</dt>
              <dd>{build.data.buildUser || '–'}</dd>
              <dt>{t('builds.path')}</dt>
              <dd className="mono">{build.data.packagePath}</dd>
              <dt>{t('builds.labels')}</dt>
              <dd>
                <Labels labels={build.data.labels} />
              </dd>
            </dl>
          </section>
        )}
        <section className="panel" aria-labelledby="attempts">
          <div className="head">
            <h2 id="attempts">{t('details.attempts')}</h2>
          </div>
          <div className="scroll-x" tabIndex={0}>
            <ListTable
              columns={['#', t('details.kind'), t('details.verdict'), t('details.reason'), { title: t('run.duration'), className: 'end' }]}
            >
              {run.attempts.map((attempt) => (
                <tr key={attempt.number}>
                  <td className="num">
                    <Link to="/runs/$runId" params={{ runId: String(run.id) }} search={{ tab: 'log', attempt: attempt.number }}>
                      {attempt.number}
                    </Link>
                  </td>
                  <td>{t(`attemptKind.${attempt.kind}` as 'attemptKind.deploy', attempt.kind)}</td>
                  <td>{attempt.verdict ? <VerdictBadge verdict={attempt.verdict} /> : <Badge tone="run">{t('details.open')}</Badge>}</td>
                  <td>{attempt.reason || '–'}</td>
                  <td className="end">
                    <Elapsed from={attempt.startedAt} to={attempt.finishedAt} />
                  </td>
                </tr>
              ))}
            </ListTable>
          </div>
        </section>
        {notes.length > 0 && (
          <section className="panel" aria-labelledby="notes">
            <div className="head">
              <h2 id="notes">{t('details.notes')}</h2>
            </div>
            <ul className="short-list">
              {notes.map((note) => (
                <li key={String(note.seq)}>
                  <span className="grow">{note.text}</span>
                  <span className="dim">
                    <When time={note.at} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
      <div className="stack">
        <section className="panel" aria-labelledby="parameters">
          <div className="head">
            <h2 id="parameters" className="grow">
              {t('details.parameters')}
            </h2>
            <CopyButton text={parameters} />
          </div>
          <pre className="body" style={{ overflow: 'auto', maxHeight: 480 }} tabIndex={0}>
            {parameters}
          </pre>
        </section>
        <Artifacts run={run} />
      </div>
    </div>
  );
});

interface Artifact {
  attempt: number;
  path: string;
  size: number;
  stored: boolean;
  allure: boolean;
}

/** Files that the run left. This list has no call in the contract; it is plain JSON. */
function Artifacts({ run }: { run: Run }) {
  const { t } = useTranslation();
  const list = useQuery({
    queryKey: ['artifacts', run.id.toString(), run.status],
    queryFn: async ({ signal }) => {
      const answer = await fetch(`/api/v1/artifacts/${run.id}`, { headers: { 'x-orbit-request': '1' }, signal });
      if (!answer.ok) throw new Error(`${answer.status}`);
      return ((await answer.json()) as { artifacts: Artifact[] }).artifacts;
    },
  });
  const files = list.data ?? [];
  return (
    <section className="panel" aria-labelledby="artifacts">
      <div className="head">
        <h2 id="artifacts" className="grow">
          {t('details.artifacts')}
        </h2>
        <span className="dim num">{files.length}</span>
      </div>
      {files.length === 0 ? (
        <Empty title={isOver(run.status) ? t('details.noArtifacts') : t('details.artifactsLater')} />
      ) : (
        <ul className="short-list" style={{ maxHeight: 320, overflow: 'auto' }} tabIndex={0}>
          {files.map((file) => (
            <li key={`${file.attempt}/${file.path}`}>
              <DownloadIcon />
              <a
                className="clip grow mono"
                href={`/api/v1/artifacts/${run.id}/${file.attempt}/${file.path.split('/').map(encodeURIComponent).join('/')}`}
              >
                {file.path}
              </a>
              <span className="dim num">{sizeText(file.size)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
