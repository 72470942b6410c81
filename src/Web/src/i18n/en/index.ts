import { api } from './api';
import { fleet } from './fleet';
import { notifications } from './notifications';
import { people } from './people';
import { runs } from './runs';
import { setup } from './setup';
import { shell } from './shell';
import { work } from './work';

/** Every text of the pages in English, a file for each group of pages. The other languages have the same shape. */
export const en = { ...shell, ...runs, ...work, ...setup, ...people, ...notifications, ...api, ...fleet };
