// For a test: a process of its own that erases a person and is killed by itself at one step of it, inside the transaction or
// right after its commit. Runs what was built, because the process must be a real one.
// usage: node dying.fixture.mjs <folder> <step> <before|after>

import { join } from 'node:path';
import { defaultSiteRules } from '../../dist/collector/pipeline/accept.js';
import { openWriter } from '../../dist/collector/pipeline/writer.js';
import { sessionRules } from '../../dist/collector/sessions/session.js';

const [folder, step, when] = process.argv.slice(2);
let reached = false;
const die = () => process.kill(process.pid, 'SIGKILL');
const writer = openWriter(
  {
    path: join(folder, 'weft.sqlite'),
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: { ...defaultSiteRules, reservedEmail: 'allow' },
    consentFile: null,
    // A step at a time, so that each has a commit of its own.
    erasureRowsMax: 1,
  },
  {
    onErasureStep: (_, now) => {
      if (now !== step) return;
      reached = true;
      if (when === 'before') die();
    },
  },
);
while (writer.slice(Date.now())) if (reached) die();
if (reached) die();
