/** A stretch of text in one style. `style` names CSS classes; empty for plain text. */
export interface Span {
  text: string;
  style: string;
}

const ESCAPES = /\x1b(?:\[([0-9;:]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;

/** Styles that hold from one stretch to the next. */
interface Style {
  colour: number | undefined;
  background: number | undefined;
  bold: boolean;
  faint: boolean;
  italic: boolean;
  underline: boolean;
}

const PLAIN: Style = { colour: undefined, background: undefined, bold: false, faint: false, italic: false, underline: false };

/** Reads colours and weights out of terminal text; every other escape is dropped. A line that was overwritten shows its last text. */
export function spansOf(line: string): Span[] {
  const shown = lastWritten(line);
  if (!shown.includes('\x1b')) return shown === '' ? [] : [{ text: shown, style: '' }];
  const spans: Span[] = [];
  let style = PLAIN;
  let at = 0;
  const push = (text: string) => {
    if (text !== '') spans.push({ text, style: classesOf(style) });
  };
  for (const escape of shown.matchAll(ESCAPES)) {
    push(shown.slice(at, escape.index));
    at = escape.index + escape[0].length;
    if (escape[2] === 'm') style = styled(style, escape[1] ?? '');
  }
  push(shown.slice(at));
  return spans;
}

/** Text without any escape, e.g. to copy. */
export const plainText = (line: string): string => lastWritten(line).replace(ESCAPES, '');

/** Progress bars return to the line's beginning: what counts is what stood there last. */
function lastWritten(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  const back = text.lastIndexOf('\r');
  return back < 0 ? text : text.slice(back + 1);
}

function styled(before: Style, codes: string): Style {
  let style = before;
  const numbers = codes === '' ? [0] : codes.split(/[;:]/).map(Number);
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i] ?? 0;
    if (code === 0) style = PLAIN;
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 2) style = { ...style, faint: true };
    else if (code === 3) style = { ...style, italic: true };
    else if (code === 4) style = { ...style, underline: true };
    else if (code === 22) style = { ...style, bold: false, faint: false };
    else if (code === 23) style = { ...style, italic: false };
    else if (code === 24) style = { ...style, underline: false };
    else if (code >= 30 && code <= 37) style = { ...style, colour: code - 30 };
    else if (code === 39) style = { ...style, colour: undefined };
    else if (code >= 40 && code <= 47) style = { ...style, background: code - 40 };
    else if (code === 49) style = { ...style, background: undefined };
    else if (code >= 90 && code <= 97) style = { ...style, colour: code - 82 };
    else if (code === 38 || code === 48) {
      // 256 colours: the first sixteen are ours, the others come close; true colours are left out.
      const indexed = numbers[i + 1] === 5;
      const colour = indexed ? near(numbers[i + 2] ?? 7) : undefined;
      style = code === 38 ? { ...style, colour } : { ...style, background: colour };
      i += indexed ? 2 : 4;
    }
  }
  return style;
}

/** The nearest of sixteen colours to one of 256. */
function near(index: number): number {
  if (index < 16) return index;
  if (index >= 232) return index < 244 ? 8 : 7;
  const cube = index - 16;
  const channel = (value: number) => (value >= 2 ? 1 : 0);
  return channel(Math.floor(cube / 36)) + channel(Math.floor(cube / 6) % 6) * 2 + channel(cube % 6) * 4;
}

function classesOf(style: Style): string {
  const classes: string[] = [];
  if (style.colour !== undefined) classes.push(`fg${style.colour}`);
  if (style.background !== undefined) classes.push(`bg${style.background}`);
  if (style.bold) classes.push('bold');
  if (style.faint) classes.push('faint');
  if (style.italic) classes.push('italic');
  if (style.underline) classes.push('underline');
  return classes.join(' ');
}
