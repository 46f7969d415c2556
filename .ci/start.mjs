// @ts-check
// npm start: installs and builds what is missing, then is the collector with the demo shop.
import { ensureBuilt } from './built.mjs';
import { ensureInstalled } from './installed.mjs';
import { command } from './say.mjs';

await command(async () => {
  await ensureInstalled();
  await ensureBuilt();
  process.env.WEFT_DEMO ??= '1';
  // In this very process: a signal or an exit code then needs nobody to carry it on.
  await import(new URL('../dist/collector/main.js', import.meta.url).href);
});
