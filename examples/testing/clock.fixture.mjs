// Preloaded into a collector under test, in each of its threads: its clock runs ahead of the machine's by as many
// milliseconds as a file says, so that an hour passes when a test wants it to. Timers are left alone.

import { readFileSync } from 'node:fs';

const file = process.env.CLOCK_AHEAD_FILE;
const lookEveryMs = 20;

const machine = Date.now.bind(Date);
let lookedAt = 0;
let aheadMs = 0;
const now = () => {
  const at = machine();
  if (at - lookedAt >= lookEveryMs) {
    lookedAt = at;
    aheadMs = Number(readFileSync(file, 'utf8')) || aheadMs;
  }
  return at + aheadMs;
};

Date.now = now;
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: (target) => new target(now()).toString(),
});
