import { syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import type { SyntaxNode } from '@lezer/common';

/** The way to a value: names of members and positions in lists. */
export type Place = readonly (string | number)[];

const VALUES = new Set(['Object', 'Array', 'String', 'Number', 'True', 'False', 'Null']);

/** `test.env.PORT` and `preserve[2]`, as refusals name places. */
export function placeOf(path: string): Place {
  return [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map((part) => (part[1] === undefined ? part[0] : Number(part[1])));
}

/** Where the value at a place stands, or the nearest that there is around it: its member's name, else the value itself. */
export function rangeAt(state: EditorState, place: Place): { from: number; to: number } {
  let value = syntaxTree(state).topNode.firstChild;
  let shown = value;
  for (const part of place) {
    if (!value) break;
    const member: SyntaxNode | null = typeof part === 'number' ? (children(value)[part] ?? null) : propertyOf(state, value, part);
    if (!member) break;
    shown = typeof part === 'number' ? member : (member.firstChild ?? member);
    value = typeof part === 'number' ? member : valueOf(member);
  }
  const whole = !shown || shown.name === 'Object' || shown.name === 'Array';
  return shown ? { from: shown.from, to: whole ? shown.from + 1 : shown.to } : { from: 0, to: 0 };
}

/** The way to the member or value that stands at a position. */
export function placeAt(state: EditorState, position: number): Place {
  const place: (string | number)[] = [];
  for (let node: SyntaxNode | null = syntaxTree(state).resolveInner(position, -1); node; node = node.parent) {
    if (node.name === 'Property') place.unshift(nameOf(state, node));
    else if (node.parent?.name === 'Array' && VALUES.has(node.name))
      place.unshift(children(node.parent).findIndex((one) => one.from === node.from));
  }
  return place;
}

/** Names of the members of the object around a position. */
export function namesAround(state: EditorState, position: number): Set<string> {
  let node: SyntaxNode | null = syntaxTree(state).resolveInner(position, -1);
  while (node && node.name !== 'Object') node = node.parent;
  return new Set(node ? node.getChildren('Property').map((one) => nameOf(state, one)) : []);
}

const children = (node: SyntaxNode): SyntaxNode[] => {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) if (VALUES.has(child.name)) found.push(child);
  return found;
};

const valueOf = (property: SyntaxNode): SyntaxNode | null => children(property)[0] ?? null;

const propertyOf = (state: EditorState, node: SyntaxNode, name: string): SyntaxNode | null =>
  node.getChildren('Property').find((one) => nameOf(state, one) === name) ?? null;

function nameOf(state: EditorState, property: SyntaxNode): string {
  const name = property.getChild('PropertyName');
  if (!name) return '';
  const text = state.sliceDoc(name.from, name.to);
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.replaceAll('"', ''); // it is being written
  }
}
