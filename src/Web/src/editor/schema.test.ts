import type { JsonObject } from '@bufbuild/protobuf';
import { json } from '@codemirror/lang-json';
import { EditorState } from '@codemirror/state';
import { expect, test } from 'vitest';
import { namesAround, placeAt, placeOf, rangeAt } from './jsonPlace';
import { choicesOf, describe, factsAt, membersOf, startOf } from './schema';

const schema: JsonObject = {
  type: 'object',
  properties: {
    strategy: { enum: ['c-service', 'openresty'], default: 'c-service', description: 'how' },
    test: { $ref: '#/$defs/test' },
    env: { type: 'object', additionalProperties: { type: 'string' } },
    steps: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'object', properties: { wait: { type: 'boolean' } } }] } },
  },
  $defs: { test: { type: 'object', properties: { timeout_s: { type: 'integer', description: 'limit' } } } },
};

const text = '{"strategy": "openresty", "test": {"timeout_s": 5}, "steps": ["a", {"wait": true}]}';
const state = EditorState.create({ doc: text, extensions: [json()] });
const at = (needle: string) => text.indexOf(needle) + 1;

test('A place in the text is a way through the value, and the other way round', () => {
  expect(placeAt(state, at('timeout_s'))).toEqual(['test', 'timeout_s']);
  expect(placeAt(state, at('true'))).toEqual(['steps', 1, 'wait']);
  expect(placeOf('steps[1].wait')).toEqual(['steps', 1, 'wait']);
  const { from, to } = rangeAt(state, ['test', 'timeout_s']);
  expect(text.slice(from, to)).toBe('"timeout_s"');
  const missing = rangeAt(state, ['test', 'dir']);
  expect(text.slice(missing.from, missing.to)).toBe('"test"');
  expect([...namesAround(state, at('timeout_s'))]).toEqual(['timeout_s']);
});

test('The schema is asked by place, through references, lists and alternatives', () => {
  expect(describe(factsAt(schema, ['test', 'timeout_s']))).toEqual({ type: 'integer', text: 'limit' });
  expect([...membersOf(schema, factsAt(schema, ['steps', 1])).keys()]).toEqual(['wait']);
  expect(describe(factsAt(schema, ['env', 'ANY'])).type).toBe('string');
  expect(factsAt(schema, ['nothing', 'there'])).toEqual([]);
});

test('Values that can be counted are offered, and a new member begins with the usual one', () => {
  expect(choicesOf(factsAt(schema, ['strategy']))).toEqual(['c-service', 'openresty']);
  expect(choicesOf(factsAt(schema, ['steps', 1, 'wait']))).toEqual([true, false]);
  expect(startOf(factsAt(schema, ['strategy']))).toBe('c-service');
  expect(startOf(factsAt(schema, ['test']))).toEqual({});
});
