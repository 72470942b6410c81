import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { isObject, typedValue } from '../parameters/jsonDiff';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** An object with one member put, or taken away when there is no value. */
export function put(object: JsonObject, key: string, value: JsonValue | undefined): JsonObject {
  const result = { ...object };
  if (value === undefined) delete result[key];
  else result[key] = value;
  return result;
}

/** A value as somebody types it: a text that would be read as something else stands in quotes. */
export function textOf(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' && typedValue(value) === value ? value : JSON.stringify(value);
}

export const objectOf = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : {});

export type Pair = readonly [name: string, value: string];

/** Headers, parameters and fields: a map, or a list where the order matters or names come twice. */
export function pairsOf(value: JsonValue | undefined): Pair[] {
  if (Array.isArray(value))
    return value.map((one) => [isObject(one) ? String(one.name ?? '') : '', isObject(one) ? String(one.value ?? '') : ''] as const);
  return isObject(value) ? Object.entries(value).map(([name, inner]) => [name, textOf(inner)] as const) : [];
}

export function pairsTo(pairs: readonly Pair[], before: JsonValue | undefined): JsonValue | undefined {
  if (pairs.length === 0) return undefined;
  const twice = new Set(pairs.map(([name]) => name)).size < pairs.length;
  if (Array.isArray(before) || twice) return pairs.map(([name, value]) => ({ name, value }));
  const known = objectOf(before);
  return Object.fromEntries(pairs.map(([name, value]) => [name, textOf(known[name]) === value ? (known[name] as JsonValue) : value]));
}

export const BODIES = ['none', 'json', 'raw', 'form', 'graphql'] as const;
export type BodyKind = (typeof BODIES)[number] | 'other';

export function bodyKindOf(body: JsonValue | undefined): BodyKind {
  if (body === undefined) return 'none';
  return BODIES.find((kind) => isObject(body) && kind in body) ?? 'other';
}

/** JSON where it is some; text with variables may keep it from being some and is sent as it stands. */
export function jsonOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

export const AUTHS = { none: [], bearer: [], basic: ['username', 'password'], api_key: ['name', 'value', 'in'], oauth2: ['token_url', 'client_id', 'client_secret', 'scope'] } as const; // prettier-ignore
export type AuthKind = keyof typeof AUTHS;

export function authKindOf(auth: JsonValue | undefined): AuthKind {
  return (Object.keys(AUTHS) as AuthKind[]).find((kind) => isObject(auth) && kind in auth) ?? 'none';
}

export const COMPARISONS = [
  'equals', 'not_equals', 'contains', 'not_contains', 'starts_with', 'ends_with', 'matches', 'not_matches', 'exists', 'length', 'type', 'in', 'gt', 'gte', 'lt', 'lte',
]; // prettier-ignore

/** What a check looks at. Those with a subject name a header, a path; those without are a number or the whole text. */
export const CHECKS = [
  'status',
  'jsonpath',
  'header',
  'body',
  'time_ms',
  'cookie',
  'xpath',
  'size',
  'expression',
  'schema',
  'other',
] as const;
export type CheckKind = (typeof CHECKS)[number];
const WITH_SUBJECT: CheckKind[] = ['jsonpath', 'header', 'cookie', 'xpath'];
const BARE: CheckKind[] = ['body', 'time_ms', 'size'];
export const hasSubject = (kind: CheckKind): boolean => WITH_SUBJECT.includes(kind);
export const hasComparison = (kind: CheckKind): boolean => hasSubject(kind) || BARE.includes(kind);

/** A check as its row in the form has it. */
export interface CheckRow {
  kind: CheckKind;
  subject: string;
  comparison: string;
  /** What it is compared with, as it is typed; of `expression` the text, of `schema` and `other` JSON. */
  text: string;
}

export function checkOf(value: JsonValue): CheckRow {
  const other = (): CheckRow => ({ kind: 'other', subject: '', comparison: '', text: JSON.stringify(value, null, 2) });
  if (typeof value === 'string') return { kind: 'expression', subject: '', comparison: '', text: value };
  if (!isObject(value)) return other();
  const keys = Object.keys(value);
  const kind = CHECKS.find((one) => one in value);
  if (kind === undefined) return other();
  const whole = value[kind];
  if (kind === 'status' && keys.length === 1) return { kind, subject: '', comparison: '', text: textOf(whole) };
  if (kind === 'expression' && keys.length === 1 && typeof whole === 'string') return { kind, subject: '', comparison: '', text: whole };
  if (kind === 'schema' && keys.length === 1) return { kind, subject: '', comparison: '', text: JSON.stringify(whole, null, 2) };
  if (hasSubject(kind) && typeof whole === 'string') {
    const [comparison, ...more] = keys.filter((key) => key !== kind);
    if (comparison === undefined) return { kind, subject: whole, comparison: 'exists', text: 'true' };
    if (more.length === 0 && COMPARISONS.includes(comparison)) return { kind, subject: whole, comparison, text: textOf(value[comparison]) };
  }
  if (BARE.includes(kind) && keys.length === 1 && isObject(whole)) {
    const [comparison, ...more] = Object.keys(whole);
    if (comparison && more.length === 0) return { kind, subject: '', comparison, text: textOf(whole[comparison]) };
  }
  return other();
}

/** The check as a document has it; throws where its JSON is none. */
export function checkTo(row: CheckRow): JsonValue {
  switch (row.kind) {
    case 'expression':
      return row.text;
    case 'other':
      return JSON.parse(row.text) as JsonValue;
    case 'schema':
      return { schema: JSON.parse(row.text) as JsonValue };
    case 'status':
      return { status: typedValue(row.text) };
    default:
      return hasSubject(row.kind)
        ? { [row.kind]: row.subject, [row.comparison]: typedValue(row.text) }
        : { [row.kind]: { [row.comparison]: typedValue(row.text) } };
  }
}

export const SOURCES = ['jsonpath', 'header', 'cookie', 'regex', 'xpath', 'expression'] as const;

/** A value that later steps use. What the form has no field for stays in `rest`. */
export interface ExtractRow {
  name: string;
  source: string;
  subject: string;
  rest: JsonObject;
}

export function extractOf(value: JsonValue): ExtractRow {
  const whole = objectOf(value);
  const source = SOURCES.find((one) => one in whole) ?? 'jsonpath';
  const { name, [source]: subject, ...rest } = whole;
  return { name: textOf(name), source, subject: typeof subject === 'string' ? subject : textOf(subject), rest: rest as JsonObject };
}

export const extractTo = (row: ExtractRow): JsonValue => ({ name: row.name, [row.source]: row.subject, ...row.rest });

/** A list with one of its entries at another place. */
export function movedTo<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, index) => index !== from);
  const one = list[from];
  if (one === undefined || to < 0 || to >= list.length) return [...list];
  return [...rest.slice(0, to), one, ...rest.slice(to)];
}

/** A step for a case; one that is there already gets a name of its own, since no two steps may share one. */
export function stepOf(steps: JsonValue[], name: string): JsonObject {
  const taken = new Set(steps.map((step) => (isObject(step) ? (step.name ?? step.case ?? step.scenario) : step)));
  if (!taken.has(name)) return { case: name };
  let number = 2;
  while (taken.has(`${name} ${number}`)) number++;
  return { name: `${name} ${number}`, case: name };
}
