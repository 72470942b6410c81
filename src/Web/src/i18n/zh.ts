import type { en } from './en';
export const zh = {} as typeof en;
