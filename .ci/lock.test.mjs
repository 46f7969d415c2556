// @ts-check
// The lock file means the same on every platform and behind every registry.
import { expect, test } from 'vitest';
import { completed, forgotten, readLock } from './lock.mjs';

test('package-lock.json holds the packages of every platform (node .ci/lock.mjs adds them)', () => {
  expect(forgotten(readLock()).map(([name]) => name)).toEqual([]);
});

test('package-lock.json holds no download address', () => {
  const addressed = Object.entries(readLock().packages).filter(([, one]) => one.resolved !== undefined);
  expect(addressed.map(([path]) => path)).toEqual([]);
});

test('a forgotten platform is completed with what its name tells', () => {
  const wants = {
    '@x/cli-linux-x64-musl': '1.2.3',
    '@x/cli-darwin-arm64': '1.2.3',
    '@x/cli-linux-arm-gnueabihf': '1.2.3',
  };
  const { packages } = completed({
    packages: { '': {}, 'node_modules/x': { version: '1.2.3', dev: true, optionalDependencies: wants } },
  });
  expect(packages['node_modules/@x/cli-linux-x64-musl']).toEqual({
    version: '1.2.3',
    os: ['linux'],
    cpu: ['x64'],
    libc: ['musl'],
    dev: true,
    optional: true,
  });
  expect(packages['node_modules/@x/cli-darwin-arm64']).toMatchObject({ os: ['darwin'], cpu: ['arm64'] });
  expect(packages['node_modules/@x/cli-linux-arm-gnueabihf']).toMatchObject({ cpu: ['arm'], libc: ['glibc'] });
});

test('a name that tells no platform is left to a person', () => {
  const lock = { packages: { 'node_modules/x': { optionalDependencies: { fsevents: '~2.3.3' } } } };
  expect(() => completed(lock)).toThrow(/by hand/);
});
