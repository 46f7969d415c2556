// @ts-check
// npm run build: installs what is missing, then builds dist/ whether it seems needed or not.
import { build } from './built.mjs';
import { ensureInstalled } from './installed.mjs';
import { command } from './say.mjs';

await command(async () => {
  await ensureInstalled();
  await build();
});
