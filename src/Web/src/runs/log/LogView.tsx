import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type Ref, type WheelEvent } from 'react';
import { usePictures, type Pictures } from '../../ui/pictures';
import { AnsiLine } from './AnsiText';
import type { StepLog } from './stepLog';

export const LINE = 18;
/** Browsers cannot draw taller boxes; beyond it the scroll bar stands for more than pixels. */
const TALLEST = 8_000_000;

/** A step's part of the log. */
export interface Section {
  log: StepLog;
  title: string;
  open: boolean;
  tone: string;
}

export interface LogViewHandle {
  scrollTo(step: string, line: number): void;
  toEnd(): void;
}

interface Props {
  sections: Section[];
  /** When the sections' logs are to be drawn again. */
  pictures: Pictures;
  handle: Ref<LogViewHandle>;
  following: boolean;
  /** The chosen lines of a step. */
  chosen: { step: string; from: number; to: number } | undefined;
  mark: string;
  onChoose(step: string, line: number, extend: boolean): void;
  onToggle(step: string): void;
  /** Somebody scrolled: at the end or away from it. */
  onScrolled(atEnd: boolean): void;
  label: string;
}

/** Logs of any length: only the lines in sight are in the page. */
export function LogView({ sections, pictures, handle, following, chosen, mark, onChoose, onToggle, onScrolled, label }: Props) {
  usePictures(pictures);
  const box = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(400);
  const [top, setTop] = useState(0); // first row in sight, with fractions
  const own = useRef(-1); // the position we set ourselves

  const rows = sections.reduce((sum, section) => sum + 1 + (section.open ? section.log.rows : 0), 0);
  const inSight = height / LINE;
  const last = Math.max(0, rows - inSight + 1);
  const tall = Math.min(TALLEST, rows * LINE + LINE);
  const room = Math.max(1, tall - height);
  const shown = following ? last : Math.min(top, last);

  const put = (next: number) => {
    const row = Math.max(0, Math.min(last, next));
    setTop(row);
    const position = Math.round((row / Math.max(1, last)) * room);
    own.current = position;
    if (box.current) box.current.scrollTop = position;
  };

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    if (!following || !box.current) return;
    own.current = room;
    box.current.scrollTop = room;
  }, [following, room]);

  useImperativeHandle(handle, () => ({
    scrollTo: (step, line) => {
      let at = 0;
      for (const section of sections) {
        if (section.log.source.step === step) return put(at + 1 + line - inSight / 3);
        at += 1 + (section.open ? section.log.rows : 0);
      }
    },
    toEnd: () => put(last),
  }));

  const onScroll = () => {
    const position = box.current?.scrollTop ?? 0;
    if (Math.abs(position - own.current) <= 1) return;
    own.current = -1;
    const row = (position / room) * last;
    setTop(row);
    onScrolled(row >= last - 2);
  };

  const onWheel = (event: WheelEvent) => {
    if (event.deltaY < 0 && following) onScrolled(false);
    if (tall < TALLEST || event.deltaY === 0) return; // the browser scrolls by itself
    const by = event.deltaMode === 1 ? event.deltaY : event.deltaY / LINE;
    put(shown + by);
    onScrolled(shown + by >= last - 1);
  };

  const first = Math.floor(shown);
  const visible = rowsFrom(sections, first, Math.ceil(inSight) + 2);
  const digits = String(Math.max(...sections.map((section) => section.log.rows), 1)).length;

  return (
    <div
      ref={box}
      className="log-box"
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={label}
      onScroll={onScroll}
      onWheel={onWheel}
      onKeyDown={(event) => {
        const by = { ArrowDown: 1, ArrowUp: -1, PageDown: inSight - 2, PageUp: 2 - inSight, Home: -rows, End: rows }[event.key];
        if (by === undefined || event.target !== event.currentTarget) return;
        event.preventDefault();
        put(shown + by);
        onScrolled(shown + by >= last - 1);
      }}
    >
      <div style={{ height: tall }}>
        <div className="log-sight" style={{ height, ['--digits' as string]: digits }}>
          <div className="log-lines" style={{ transform: `translateY(${-(shown - first) * LINE}px)` }}>
            {visible.map(({ section, line }, slot) => {
              const step = section.log.source.step;
              if (line < 0) {
                return (
                  <button key={`step ${step}`} className="plain log-step" aria-expanded={section.open} onClick={() => onToggle(step)}>
                    <span aria-hidden className={`fold${section.open ? ' open' : ''}`} />
                    <span className={`dot ${section.tone}`} />
                    {section.title}
                    <span className="dim num">{section.log.rows.toLocaleString()}</span>
                  </button>
                );
              }
              const text = section.log.line(line);
              const isChosen = chosen?.step === step && line >= chosen.from && line <= chosen.to;
              return (
                <div key={slot} className={`log-line${isChosen ? ' chosen' : ''}`}>
                  <button className="plain log-number num" tabIndex={-1} onClick={(event) => onChoose(step, line, event.shiftKey)}>
                    {line + 1}
                  </button>
                  <span className="log-text">
                    {text === undefined ? (
                      <span className="dim">…</span>
                    ) : (
                      <AnsiLine line={text.length > 20_000 ? text.slice(0, 20_000) : text} mark={mark} />
                    )}
                  </span>
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

function rowsFrom(sections: Section[], first: number, count: number): { section: Section; line: number }[] {
  const rows: { section: Section; line: number }[] = [];
  let at = 0;
  for (const section of sections) {
    const length = 1 + (section.open ? section.log.rows : 0);
    const from = Math.max(first, at);
    const to = Math.min(first + count, at + length);
    for (let row = from; row < to; row++) rows.push({ section, line: row - at - 1 });
    at += length;
  }
  return rows;
}
