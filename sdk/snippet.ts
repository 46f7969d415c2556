// The script-tag entry: reads its own attributes, takes over the calls that the inline stub queued, and leaves one
// global, `weft`. A second copy of the script does nothing.

import { ownScript, takeOver } from './browser/script.js';
import { create } from './client.js';
import type { Options } from './options.js';
import { ownSources } from './sources/own.js';

const script = ownScript();
// Without a key it is not ours to start.
if (script?.dataset.key) {
  const { key, host, config, ...rest } = script.dataset;
  takeOver(() =>
    create(
      {
        ...rest,
        writeKey: key,
        host: host ?? new URL(script.src).origin,
        base: script.src,
        config: config && JSON.parse(config),
      } as Options,
      ownSources,
    ),
  );
}
