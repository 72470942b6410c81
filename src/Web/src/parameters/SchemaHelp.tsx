import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { useTranslation } from 'react-i18next';
import { factsAt, startOf } from '../editor/schema';
import { isObject } from './jsonDiff';
import { useParameterSchema } from './schemaCalls';

interface Props {
  present: JsonObject | undefined;
  onInsert: ((key: string, value: JsonValue) => void) | undefined;
}

/** What may stand in the JSON, from the server's own schema: each key with its meaning; a click adds it. */
export function SchemaHelp({ present, onInsert }: Props) {
  const { t } = useTranslation();
  const schema = useParameterSchema();
  const keys = isObject(schema?.properties) ? Object.entries(schema.properties) : [];
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
                  <button className="plain link" onClick={() => onInsert(key, startOf(factsAt(schema ?? {}, [key])))}>
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
