import type { en } from '../en';
import { api } from './api';
import { fleet } from './fleet';
import { notifications } from './notifications';
import { people } from './people';
import { runs } from './runs';
import { setup } from './setup';
import { shell } from './shell';
import { work } from './work';

/** 简体中文。与英文同形，缺一不可。 */
export const zh: typeof en = { ...shell, ...runs, ...work, ...setup, ...people, ...notifications, ...api, ...fleet };
