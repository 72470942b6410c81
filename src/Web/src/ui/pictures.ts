import { useSyncExternalStore } from 'react';

/** Milliseconds: what comes together is shown together. */
const SOON = 16;
/** Milliseconds between two pictures of something that changes all the time. */
const SELDOM = 125;
/** Milliseconds after a key or a click in which nothing else is drawn: its own picture comes first. */
const ANSWER = 60;
/** Milliseconds that somebody who types on and on holds up a picture at most. */
const PATIENCE = 400;

let touchedAt = -Infinity;
if (typeof window !== 'undefined') {
  for (const type of ['keydown', 'pointerdown'])
    window.addEventListener(type, () => (touchedAt = performance.now()), { capture: true, passive: true });
}

/**
 * Says when something is to be drawn again: soon after a quiet time, seldom while changes keep coming, and not between a key and its
 * picture.
 */
export class Pictures {
  private version = 0;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private drawnAt = -Infinity;
  private askedAt = 0;

  constructor(private readonly seldom: () => number = () => SELDOM) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Rises with every picture. */
  snapshot = (): number => this.version;

  /** There is something new to draw. */
  changed = (): void => {
    if (this.timer !== undefined) return;
    this.askedAt = performance.now();
    this.draw(Math.max(SOON, this.drawnAt + this.seldom() - this.askedAt));
  };

  private draw(wait: number): void {
    this.timer = setTimeout(() => {
      const now = performance.now();
      const answered = touchedAt + ANSWER - now;
      if (answered > 0 && now < this.askedAt + this.seldom() + PATIENCE) return this.draw(answered);
      this.timer = undefined;
      this.drawnAt = now;
      this.version++;
      for (const listener of this.listeners) listener();
    }, wait);
  }
}

/** Renders the component with each picture. */
export const usePictures = (pictures: Pictures): number => useSyncExternalStore(pictures.subscribe, pictures.snapshot);
