// What a file of browser tests begins with: a collector, a browser with a folder of its own, and devices whose troubles fail
// the test they were made in.

import { rmSync } from 'node:fs';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { type Chromium, type Device, newBrowserFolder, newDevice, startChromium } from './browser.fixture.js';
import { type Collector, startCollector } from './collector.fixture.js';

export interface Visit {
  /** There once the tests run. */
  collector: Collector;
  chromium: Chromium;
  device: (options?: BrowserContextOptions & { home?: string }) => Promise<Device>;
}

export const startVisit = (): Visit => {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
  const folder = newBrowserFolder();
  const devices: Device[] = [];
  const visit = {
    /** At the collector's own address, or at another that leads there. */
    device: async ({ home = visit.collector.url, ...options } = {}) => {
      const made = await newDevice(visit.chromium, home, options);
      devices.push(made);
      return made;
    },
  } as Visit;
  beforeAll(async () => {
    [visit.collector, visit.chromium] = await Promise.all([startCollector(), startChromium(folder)]);
  });
  afterAll(async () => {
    await visit.chromium?.kill();
    await visit.collector?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const { context, troubles } of devices.splice(0)) {
      await context.close();
      expect(troubles).toEqual([]);
    }
  });
  return visit;
};
