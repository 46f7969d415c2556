// Which files are tests, and how TypeScript and JSX reach vitest: hono/jsx through the automatic runtime, as in the build.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  // The build puts the names of the chunks here; from the source there are none.
  define: { __WEFT_CHUNKS__: '"1"' },
  test: {
    include: ['{sdk,collector,examples,docs}/**/*.test.{ts,tsx}', '.ci/*.test.mjs'],
    setupFiles: ['.ci/seed.mjs'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Two cores are what most machines of CI have. A file waits a good part of its time, for a page, a process or a back-off:
    // three of them keep the cores busy.
    maxWorkers: 3,
  },
});
