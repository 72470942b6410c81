import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { isObject } from '../parameters/jsonDiff';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** The parts of a case that have a field of their own; everything else of it stays as it is. */
export interface CaseForm {
  method: string;
  url: string;
  headers: string;
  body: string;
  bearer: string;
  extract: string;
  assert: string;
}

const json = (value: JsonValue | undefined): string => (value === undefined ? '' : JSON.stringify(value, null, 2));

export function formOf(spec: JsonObject): CaseForm {
  const request = isObject(spec.request) ? spec.request : {};
  const auth = isObject(request.auth) ? request.auth : {};
  const headers = isObject(request.headers) ? Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}`) : [];
  return {
    method: typeof request.method === 'string' ? request.method : 'GET',
    url: typeof request.url === 'string' ? request.url : '',
    headers: headers.join('\n'),
    body:
      isObject(request.body) && request.body.json !== undefined
        ? json(request.body.json)
        : isObject(request.body) && typeof request.body.raw === 'string'
          ? request.body.raw
          : '',
    bearer: typeof auth.bearer === 'string' ? auth.bearer : '',
    extract: json(spec.extract),
    assert: json(spec.assert),
  };
}

/** The case as the form says; throws with the field's name where it holds no JSON. */
export function specOf(form: CaseForm, before: JsonObject): JsonObject {
  const request: JsonObject = { ...(isObject(before.request) ? before.request : {}), method: form.method, url: form.url };
  const put = (to: JsonObject, key: string, value: JsonValue | undefined) => {
    if (value === undefined) delete to[key];
    else to[key] = value;
  };
  const headers = form.headers
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()] as const)
    .filter(([name]) => name !== '');
  if (!Array.isArray(request.headers)) put(request, 'headers', headers.length > 0 ? Object.fromEntries(headers) : undefined);
  const known = isObject(request.body) ? Object.keys(request.body) : [];
  if (known.length === 0 || known.includes('json') || known.includes('raw'))
    put(request, 'body', form.body.trim() === '' ? undefined : bodyOf(form.body));
  if (form.bearer !== '') request.auth = { bearer: form.bearer };
  else if (isObject(request.auth) && 'bearer' in request.auth) delete request.auth;
  const spec: JsonObject = { ...before, request };
  put(spec, 'extract', parsed(form.extract, 'extract'));
  put(spec, 'assert', parsed(form.assert, 'assert'));
  return spec;
}

/** A body that is JSON is sent as such; templates in it may keep it from being some. */
function bodyOf(text: string): JsonObject {
  try {
    return { json: JSON.parse(text) as JsonValue };
  } catch {
    return { raw: text };
  }
}

function parsed(text: string, field: string): JsonValue | undefined {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new Error(`${field}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** A list with one of its entries at another place. */
export function movedTo<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, index) => index !== from);
  const one = list[from];
  if (one === undefined || to < 0 || to >= list.length) return [...list];
  return [...rest.slice(0, to), one, ...rest.slice(to)];
}
