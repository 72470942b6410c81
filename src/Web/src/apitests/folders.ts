import type { ApiItem } from '../gen/orbit/v1/api_library_pb';

/** Folders that hold something, and those above them, in order. */
export function foldersOf(items: readonly Pick<ApiItem, 'folder'>[]): string[] {
  const folders = new Set<string>();
  for (const { folder } of items) {
    const parts = folder.split('/').filter((part) => part !== '');
    for (let n = 1; n <= parts.length; n++) folders.add(parts.slice(0, n).join('/'));
  }
  return [...folders].sort((a, b) => a.localeCompare(b));
}

/** Tags that something carries, in order. */
export const tagsOf = (items: readonly Pick<ApiItem, 'tags'>[]): string[] =>
  [...new Set(items.flatMap((item) => item.tags))].sort((a, b) => a.localeCompare(b));
