import type { JsonObject, JsonValue } from '@bufbuild/protobuf';

/** A value that differs; undefined on the side where it is not there. */
export interface Difference {
  path: string;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
}

/** What differs between two values, by path, e.g. `test.timeout_s`. Lists are compared whole. */
export function differences(before: JsonValue | undefined, after: JsonValue | undefined, path = ''): Difference[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => differences(before[key], after[key], path ? `${path}.${key}` : key));
  }
  return same(before, after) ? [] : [{ path, before, after }];
}

export function same(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, index) => same(one, b[index]));
  return a === b;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path like `test.timeout_s`. */
export function valueAt(value: JsonValue | undefined, path: string): JsonValue | undefined {
  return path.split('.').reduce<JsonValue | undefined>((at, key) => (isObject(at) ? at[key] : undefined), value);
}

/** An object that holds a value at a path and nothing else. */
export function objectWith(path: string, value: JsonValue): JsonObject {
  return path
    .split('.')
    .reverse()
    .reduce<JsonValue>((inner, key) => ({ [key]: inner }), value) as JsonObject;
}

/** Two objects laid over each other, key by key, as the server lays overrides over a set. */
export function merged(below: JsonObject, above: JsonObject): JsonObject {
  const result: JsonObject = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const known = result[key];
    if (value === null) delete result[key];
    else result[key] = isObject(known) && isObject(value) ? merged(known, value) : value;
  }
  return result;
}

/** What somebody typed as a value: JSON where it is some, else the text itself. */
export function typedValue(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

export const shortJson = (value: JsonValue | undefined): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
