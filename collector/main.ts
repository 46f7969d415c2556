// The process entry. Imported by nothing.

import { run } from './serve.js';

await run();
