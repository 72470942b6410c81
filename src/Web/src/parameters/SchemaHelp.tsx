import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ParameterSetService } from '../gen/orbit/v1/parameter_sets_pb';
import { useSession } from '../session/SessionProvider';
import { isObject } from './jsonDiff';

interface Props {
  present: JsonObject | undefined;
  onInsert: ((key: string, value: JsonValue) => void) | undefined;
}

/** What may stand in the JSON, from the server's own schema: each key with its meaning; a click adds it. */
export function SchemaHelp({ present, onInsert }: Props) {
  const { t } = useTranslation();
  const { transport } = useSession();
  const schema = useQuery({
    queryKey: ['parameter-schema'],
    staleTime: Infinity,
    retry: false,
    queryFn: async ({ signal }) => {
      const body = await createClient(ParameterSetService, transport).getParameterSchema({}, { signal });
      return JSON.parse(new TextDecoder().decode(body.data)) as JsonObject;
    },
  });
  const keys = isObject(schema.data?.properties) ? Object.entries(schema.data.properties) : [];
  if (keys.length === 0) return null;
  return (
    <aside className="schema" aria-label={t('parameters.help')} tabIndex={0}>
      <h2>{t('parameters.help')}</h2>
      <dl>
        {keys.map(([key, about]) => {
          const facts = isObject(about) ? about : {};
          const there = present !== undefined && key in present;
          return (
            <div key={key}>
              <dt className="row">
                <code className={there ? 'tone-ok' : undefined}>{key}</code>
                <span className="dim">{typeof facts.type === 'string' ? facts.type : ''}</span>
                {onInsert && present && !there && (
                  <button className="plain link" onClick={() => onInsert(key, startOf(facts))}>
                    {t('parameters.add')}
                  </button>
                )}
              </dt>
              <dd className="dim">
                {typeof facts.description === 'string' ? facts.description : ''}
                {Array.isArray(facts.enum) && <code> {facts.enum.map(String).join(' | ')}</code>}
              </dd>
            </div>
          );
        })}
      </dl>
    </aside>
  );
}

function startOf(facts: JsonObject): JsonValue {
  if (facts.default !== undefined) return facts.default;
  if (Array.isArray(facts.enum) && facts.enum[0] !== undefined) return facts.enum[0];
  return facts.type === 'object'
    ? {}
    : facts.type === 'array'
      ? []
      : facts.type === 'boolean'
        ? false
        : facts.type === 'integer' || facts.type === 'number'
          ? 0
          : '';
}
