// What every page is watched by: the sources that are part of the script, not fetched beside it.

import type { Source } from '../client.js';
import { asking } from './asking.js';
import { engagement } from './engagement.js';
import { pageViews } from './page-view.js';

export const ownSources: readonly Source[] = [engagement, pageViews, asking];
