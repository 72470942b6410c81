import { useEffect, useRef, useState } from 'react';

/** A value that changes at most once in so many milliseconds. The first change after a pause is shown at once; the last one always arrives. */
export function useThrottled<T>(value: T, milliseconds: number): T {
  const [shown, setShown] = useState(value);
  const newest = useRef(value);
  const shownAt = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  newest.current = value;
  useEffect(() => {
    if (value === shown || timer.current !== undefined) return;
    const wait = Math.max(0, shownAt.current + milliseconds - performance.now());
    timer.current = setTimeout(() => {
      timer.current = undefined;
      shownAt.current = performance.now();
      setShown(newest.current);
    }, wait);
  }, [value, shown, milliseconds]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return shown;
}
