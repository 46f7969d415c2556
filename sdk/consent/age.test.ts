// The age gate: the page and the collector go by the same rule, so that nobody is asked for what is then refused.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openSite, receiptOf } from '../../collector/consent/site.fixture.js';
import type { Options } from '../options.js';
import { resolve } from '../options.js';
import { decide } from './decide.js';
import { type Effective, effective, enforce } from './rules.js';

beforeEach(() => vi.stubGlobal('navigator', {}));
afterEach(() => vi.unstubAllGlobals());

const told = [undefined, 'passed', 'guardian', 'minor', 'junk', ''];
const cases = [true, false].flatMap((gate) =>
  told.flatMap((age) => [undefined, true].map((minor) => ({ gate, age, minor }))),
);

test.each(cases)(
  'consent 2: gate $gate, data-age $age, data-minor $minor: what the page grants the collector takes',
  (one) => {
    const { gate, age, minor } = one;
    const site = openSite({ age: { gate }, regions: 'everywhere-opt-in' });
    const { purposes } = site.policy.document as { purposes: { id: string; materialHash: string }[] };
    const policy = { version: site.policy.version, configHash: site.policy.configHash };
    resolve({ writeKey: 'wk', host: 'http://c', age, minor } as Options);
    enforce({ policy, region: { model: 'opt-in' }, consent: { purposes, age: { gate } } }, undefined);
    const record = decide(undefined, { measurement: true, personalisation: true }, {});
    const on: Effective = effective(record?.decisions ?? {}, []);
    let isTaken = false;
    if (record) {
      const row = { ...record.rows[0], receipt: receiptOf('a'), visitorId: 'A', age };
      site.post(row);
      isTaken = site.send({ events: [{ receipt: receiptOf('a'), anonymousId: 'A' }] }).codes[0] === 'kept';
    }
    expect(on.measurement === true).toBe(isTaken);
    expect(isTaken).toBe(!minor && (age === 'passed' || age === 'guardian' || (!gate && !age)));
  },
);
