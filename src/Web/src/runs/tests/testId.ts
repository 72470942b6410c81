/** `a/b/test_x.py::TestY::test_z[1]` → `test_z[1]`. */
export function nameOf(id: string): string {
  const border = borderOf(id);
  return border < 0 ? id : id.slice(border + 2);
}

const MOST_KNOWN = 20_000;
const known = new Map<string, readonly string[]>();

/** `a/b/test_x.py::TestY::test_z[1]` → `a/b/test_x.py`, `TestY`; one array for all tests of one place, since thousands of them are kept. */
export function suitesOf(id: string): readonly string[] {
  const border = borderOf(id);
  if (border < 0) return NONE;
  const place = id.slice(0, border);
  let suites = known.get(place);
  if (!suites) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(place, (suites = place.split('::')));
  }
  return suites;
}

const NONE: readonly string[] = [];

/** Where the last suite ends; colons within brackets are no border. */
function borderOf(id: string): number {
  const bracket = id.indexOf('[');
  return bracket < 0 ? id.lastIndexOf('::') : bracket < 2 ? -1 : id.lastIndexOf('::', bracket - 2);
}
