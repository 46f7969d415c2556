import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    include: ['sdk/**/*.test.{ts,tsx}', 'collector/**/*.test.{ts,tsx}', 'examples/**/*.test.{ts,tsx}', 'docs/**/*.test.{ts,tsx}'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
