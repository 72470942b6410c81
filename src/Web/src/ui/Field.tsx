import { cloneElement, useId, type ReactElement, type ReactNode } from 'react';

/** A labelled control with room for a hint and for what is wrong with it. */
export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  children: ReactElement<{ id?: string; 'aria-describedby'?: string }>;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, { id, 'aria-describedby': hint || error ? `${id}hint` : undefined } as { id: string })}
      {(hint || error) && (
        <div id={`${id}hint`} className={error ? 'tone-bad' : 'dim'}>
          {error || hint}
        </div>
      )}
    </div>
  );
}

/** `key=value` pairs, one a line or separated by commas. */
export function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const part of text.split(/[,\n]/)) {
    const at = part.indexOf('=');
    const key = (at < 0 ? part : part.slice(0, at)).trim();
    if (key) labels[key] = at < 0 ? '' : part.slice(at + 1).trim();
  }
  return labels;
}

export const labelsText = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');

/** Texts separated by commas. */
export const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
