// @ts-check
// Where the clone lies. The bootstrap runs before node_modules exists, so nothing in this folder that start, build,
// test or bench load at the top may import a package.
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
