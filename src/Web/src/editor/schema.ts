import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { isObject } from '../parameters/jsonDiff';
import type { Place } from './jsonPlace';

/** What a schema says of one place. Several schemas may speak of it: alternatives, and what is meant by reference. */
export type Facts = readonly JsonObject[];

/** What is said of a place in a value of the schema. */
export function factsAt(schema: JsonObject, place: Place): Facts {
  let facts = spread(schema, schema);
  for (const part of place) {
    facts = facts.flatMap((one) => {
      const inner = typeof part === 'number' ? one.items : memberOf(one, part);
      return isObject(inner) ? spread(schema, inner) : [];
    });
  }
  return facts;
}

/** The members that may stand there, each with what is said of it. */
export function membersOf(schema: JsonObject, facts: Facts): Map<string, Facts> {
  const members = new Map<string, Facts>();
  for (const one of facts) {
    if (!isObject(one.properties)) continue;
    for (const [name, inner] of Object.entries(one.properties)) {
      if (isObject(inner)) members.set(name, [...(members.get(name) ?? []), ...spread(schema, inner)]);
    }
  }
  return members;
}

/** The values that may stand there, where they can be counted. */
export function choicesOf(facts: Facts): JsonValue[] {
  const choices = facts.flatMap((one) => [
    ...(Array.isArray(one.enum) ? one.enum : []),
    ...(one.const === undefined ? [] : [one.const]),
    ...(one.type === 'boolean' ? [true, false] : []),
    ...(one.default === undefined ? [] : [one.default]),
  ]);
  return [...new Map(choices.map((one) => [JSON.stringify(one), one])).values()];
}

export function describe(facts: Facts): { type: string; text: string } {
  const types = facts.flatMap((one) => (Array.isArray(one.type) ? one.type.map(String) : typeof one.type === 'string' ? [one.type] : []));
  const text = facts.map((one) => one.description).find((one) => typeof one === 'string') ?? '';
  return { type: [...new Set(types)].join(' | '), text: String(text) };
}

/** What a new member begins with. */
export function startOf(facts: Facts): JsonValue {
  const [choice] = choicesOf(facts.map(({ default: _, ...rest }) => rest));
  const usual = facts.find((one) => one.default !== undefined)?.default;
  if (usual !== undefined) return usual;
  if (choice !== undefined) return choice;
  const type = describe(facts).type.split(' | ')[0];
  return type === 'object' ? {} : type === 'array' ? [] : type === 'integer' || type === 'number' ? 0 : '';
}

function memberOf(schema: JsonObject, name: string): JsonValue | undefined {
  if (isObject(schema.properties) && name in schema.properties) return schema.properties[name];
  if (isObject(schema.patternProperties)) {
    for (const [pattern, inner] of Object.entries(schema.patternProperties)) if (new RegExp(pattern, 'u').test(name)) return inner;
  }
  return schema.additionalProperties;
}

/** A schema with all that it refers to and its alternatives side by side; what is said nearest comes first. */
function spread(root: JsonObject, schema: JsonObject, depth = 0): JsonObject[] {
  if (depth > 8) return [];
  const others: JsonObject[] = [];
  if (typeof schema.$ref === 'string') {
    const target = schema.$ref
      .replace(/^#\//, '')
      .split('/')
      .reduce<JsonValue | undefined>((at, key) => (isObject(at) ? at[key] : undefined), root);
    if (isObject(target)) others.push(...spread(root, target, depth + 1));
  }
  for (const key of ['allOf', 'anyOf', 'oneOf'] as const) {
    const list = schema[key];
    if (Array.isArray(list)) for (const one of list) if (isObject(one)) others.push(...spread(root, one, depth + 1));
  }
  return [schema, ...others];
}
