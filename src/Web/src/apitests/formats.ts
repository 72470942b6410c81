/** What a collection can come from. */
export const FORMATS = ['postman', 'openapi', 'har', 'curl', 'orbit'] as const;
export type Format = (typeof FORMATS)[number];

/** What a text most likely is; somebody may choose otherwise. */
export function formatOf(text: string): Format | undefined {
  const start = text.trimStart();
  if (/^curl\s/.test(start)) return 'curl';
  if (/"schema"\s*:\s*"https?:\/\/schema\.(get)?postman\.com|"_postman_id"/.test(text)) return 'postman';
  if (/^["']?(openapi|swagger)["']?\s*:/m.test(text) || /"openapi"\s*:/.test(text)) return 'openapi';
  if (/^\s*\{\s*"log"\s*:/.test(text)) return 'har';
  if (/^["']?orbit["']?\s*:\s*1/m.test(text) || /"orbit"\s*:\s*1/.test(text)) return 'orbit';
  return undefined;
}
