/** A key nobody else makes; also on plain HTTP, where browsers offer no randomUUID. */
export function uniqueKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
