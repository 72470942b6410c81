/** Reads of an address's query: what is not understood is left out. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

export const whole = (value: unknown): number | undefined => {
  const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : NaN;
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
};

export const texts = (value: unknown): string[] | undefined => {
  const list = Array.isArray(value)
    ? value.filter((one): one is string => typeof one === 'string')
    : typeof value === 'string'
      ? [value]
      : [];
  return list.length > 0 ? list : undefined;
};

export const oneOf = <T extends string>(value: unknown, ...allowed: T[]): T | undefined => allowed.find((one) => one === value);

/** A reader of a query whose every part may be missing. */
export const optional =
  <T extends object>(read: (search: Record<string, unknown>) => T): ((search: Record<string, unknown>) => Partial<T>) =>
  (search) =>
    read(search);
