import { memo } from 'react';
import { spansOf } from './ansi';

/** Terminal text in its colours, line by line. */
export const AnsiText = memo(function AnsiText({ text }: { text: string }) {
  return text.split('\n').map((line, index) => (
    <span key={index}>
      <AnsiLine line={line} />
      {'\n'}
    </span>
  ));
});

/** One line; where `mark` occurs in it, it stands out. */
export const AnsiLine = memo(function AnsiLine({ line, mark = '' }: { line: string; mark?: string }) {
  return spansOf(line).map((span, index) => (
    <span key={index} className={span.style || undefined}>
      {mark ? marked(span.text, mark) : span.text}
    </span>
  ));
});

function marked(text: string, mark: string) {
  const lower = text.toLowerCase();
  const parts = [];
  let at = 0;
  for (let hit = lower.indexOf(mark); hit >= 0; hit = lower.indexOf(mark, at)) {
    parts.push(text.slice(at, hit), <mark key={hit}>{text.slice(hit, hit + mark.length)}</mark>);
    at = hit + mark.length;
  }
  parts.push(text.slice(at));
  return parts;
}
