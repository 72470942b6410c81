import type { JsonObject } from '@bufbuild/protobuf';
import { snippetCompletion, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { jsonParseLinter } from '@codemirror/lang-json';
import { syntaxTree } from '@codemirror/language';
import type { Diagnostic } from '@codemirror/lint';
import { hoverTooltip, type EditorView } from '@codemirror/view';
import { namesAround, placeAt, placeOf, rangeAt } from './jsonPlace';
import { choicesOf, describe, factsAt, membersOf, startOf } from './schema';

/** What is wrong with a text, by path. */
export type Validate = (text: string, signal: AbortSignal) => Promise<Record<string, string>>;

/** Offers the members and values that the schema has for the place where somebody writes. */
export function complete(schema: () => JsonObject | undefined) {
  return (context: CompletionContext): CompletionResult | null => {
    const known = schema();
    if (!known) return null;
    const { state, pos } = context;
    const node = syntaxTree(state).resolveInner(pos, -1);
    const word = context.matchBefore(/"?[\w.-]*"?/);
    const from = node.name === 'PropertyName' || node.name === 'String' ? node.from : (word?.from ?? pos);
    const before = state.sliceDoc(Math.max(0, from - 200), from).trimEnd();
    const to = node.name === 'PropertyName' || node.name === 'String' ? Math.max(pos, node.to) : pos;
    if (!context.explicit && from === pos) return null;
    if (before.endsWith(':')) {
      const options = choicesOf(factsAt(known, placeAt(state, pos))).map((one): Completion => ({
        label: JSON.stringify(one),
        type: 'enum',
      }));
      return options.length > 0 ? { from, to, options } : null;
    }
    if (!before.endsWith('{') && !before.endsWith(',')) return null;
    const place = placeAt(state, pos);
    const around = node.name === 'PropertyName' ? place.slice(0, -1) : place;
    const there = namesAround(state, pos);
    const written = state.sliceDoc(from, to).replaceAll('"', '');
    const options = [...membersOf(known, factsAt(known, around))]
      .filter(([name]) => !there.has(name) || name === written)
      .map(([name, facts]) => {
        const { type, text } = describe(facts);
        const start = JSON.stringify(startOf(facts))
          .replace(/^\{\}$/, '{${}}')
          .replace(/^\[\]$/, '[${}]')
          .replace(/^""$/, '"${}"');
        return snippetCompletion(`"${name}": ${start}`, { label: `"${name}"`, detail: type, info: text, type: 'property' });
      });
    return options.length > 0 ? { from, to, options } : null;
  };
}

/** Says what the schema says of the member or value under the pointer. */
export function explain(schema: () => JsonObject | undefined) {
  return hoverTooltip((view, pos) => {
    const known = schema();
    const node = syntaxTree(view.state).resolveInner(pos, 1);
    if (!known || node.name === 'Object' || node.name === 'JsonText') return null;
    const place = placeAt(view.state, pos);
    const { type, text } = describe(factsAt(known, place));
    if (!text && !type) return null;
    return {
      pos: node.from,
      end: node.to,
      create: () => {
        const dom = document.createElement('div');
        dom.className = 'code-tip';
        const head = dom.appendChild(document.createElement('code'));
        head.textContent = `${place.join('.')}${type ? `: ${type}` : ''}`;
        dom.appendChild(document.createElement('div')).textContent = text;
        return { dom };
      },
    };
  });
}

/** What is no JSON, and then what the server would refuse, each at its place. */
export function check(validate: () => Validate | undefined) {
  const parse = jsonParseLinter();
  let last: AbortController | undefined;
  return async (view: EditorView): Promise<Diagnostic[]> => {
    const text = view.state.doc.toString();
    const wrong = text.trim() === '' ? [] : parse(view);
    const ask = validate();
    if (wrong.length > 0 || !ask) return wrong;
    last?.abort();
    last = new AbortController();
    const problems = await ask(text, last.signal);
    return Object.entries(problems).map(([path, message]) => ({
      ...rangeAt(view.state, placeOf(path)),
      severity: 'error' as const,
      message: path ? `${path}: ${message}` : message,
    }));
  };
}
