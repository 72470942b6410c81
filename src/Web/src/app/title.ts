import { useEffect } from 'react';
import type { Tone } from '../runs/state';

const COLOURS: Record<Tone, string> = { ok: '#2a9d5c', bad: '#d9434b', warn: '#d99a1c', odd: '#8f63d6', run: '#2456d6', idle: '#8a94a3' };

/** The page's title, and its state as the tab's icon. */
export function useTitle(title: string, tone?: Tone): void {
  useEffect(() => {
    document.title = title ? `${title} · Orbit` : 'Orbit';
  }, [title]);
  useEffect(() => {
    const icon = document.getElementById('favicon');
    if (!(icon instanceof HTMLLinkElement)) return;
    icon.href = tone ? stateIcon(tone) : '/orbit.svg';
    return () => {
      icon.href = '/orbit.svg';
    };
  }, [tone]);
}

function stateIcon(tone: Tone): string {
  const colour = COLOURS[tone];
  const mark =
    tone === 'ok'
      ? '<path d="M9 16.500l5 5 9.500-10" fill="none" stroke="#fff" stroke-width="3.500"/>'
      : tone === 'bad'
        ? '<path d="M10.500 10.500l11 11M21.500 10.500l-11 11" stroke="#fff" stroke-width="3.500"/>'
        : tone === 'run'
          ? '<path d="M12.500 9.500v13l10-6.500z" fill="#fff"/>'
          : tone === 'idle'
            ? '<circle cx="16" cy="16" r="4" fill="#fff"/>'
            : '<path d="M16 8.500v10M16 21.500v3" stroke="#fff" stroke-width="3.500"/>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="${colour}"/>${mark}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
