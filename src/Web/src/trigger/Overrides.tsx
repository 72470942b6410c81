import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { Input } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isObject, merged, objectWith, same, shortJson, typedValue, valueAt } from '../parameters/jsonDiff';
import { Field } from '../ui/Field';

interface Props {
  parameters: JsonObject;
  admin: boolean;
  onChange(overrides: JsonObject): void;
  onWrong(wrong: boolean): void;
}

/** Values for one run, over the set's: what the set lets people change as fields, everything else as JSON for administrators. */
export function Overrides({ parameters, admin, onChange, onWrong }: Props) {
  const { t } = useTranslation();
  const paths = useMemo(() => pathsOf(parameters), [parameters]);
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [json, setJson] = useState('');
  const [open, setOpen] = useState(false);
  const read = useMemo(() => readJson(json), [json]);

  useEffect(() => {
    let overrides: JsonObject = read.value ?? {};
    for (const [path, text] of Object.entries(texts)) {
      const value = typedValue(text);
      if (!same(value, valueAt(parameters, path)) && text !== shortJson(valueAt(parameters, path)))
        overrides = merged(overrides, objectWith(path, value));
    }
    onChange(overrides);
    onWrong(read.error !== undefined);
  }, [texts, read, parameters]);

  if (paths.length === 0 && !admin) return null;
  return (
    <section className="stack" style={{ gap: 8 }}>
      <h2>
        <button type="button" className="plain row" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span aria-hidden className={`fold${open ? ' open' : ''}`} />
          {t('trigger.overrides')}
        </button>
      </h2>
      {open && (
        <>
          <div className="override-fields">
            {paths.map((path) => (
              <Field key={path} label={path}>
                <Input
                  className="mono"
                  value={texts[path] ?? shortJson(valueAt(parameters, path))}
                  onChange={(event) => setTexts({ ...texts, [path]: event.target.value })}
                />
              </Field>
            ))}
          </div>
          {admin && (
            <Field label={t('trigger.overridesJson')} hint={t('trigger.overridesHint')} error={read.error}>
              <Input.TextArea
                className="json"
                autoSize={{ minRows: 3, maxRows: 14 }}
                value={json}
                placeholder='{"test": {"timeout_s": 600}}'
                onChange={(event) => setJson(event.target.value)}
              />
            </Field>
          )}
        </>
      )}
    </section>
  );
}

/** Paths of single values that the set lists as changeable; of an object, each of its keys. */
function pathsOf(parameters: JsonObject): string[] {
  const listed = Array.isArray(parameters.overridable)
    ? parameters.overridable.filter((one): one is string => typeof one === 'string')
    : [];
  return listed.flatMap((path) => {
    const value: JsonValue | undefined = valueAt(parameters, path);
    return isObject(value) ? Object.keys(value).map((key) => `${path}.${key}`) : [path];
  });
}

function readJson(text: string): { value?: JsonObject; error?: string } {
  if (text.trim() === '') return {};
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? { value } : { error: '{ … }' };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
