// @ts-check
// Completes package-lock.json (node .ci/lock.mjs, after an npm install that changed it). npm forgets the packages of other
// platforms when the registry it asked does not carry them; a lock file without them refuses to install elsewhere, and
// under npm 11 even here. Their versions stand in the package that wants them, and their names tell the platform.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/**
 * @typedef {{ version?: string, resolved?: string, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[],
 *   optionalDependencies?: Record<string, string> }} Locked
 * @typedef {{ packages: Record<string, Locked> }} Lock
 */

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openbsd', 'openharmony', 'win32'];
const processors = ['arm64', 'arm', 'x64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x'];

/** @param {string} name such as @rollup/rollup-linux-x64-musl */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = systems.filter((one) => words.includes(one));
  const cpu = processors.filter((one) => words.includes(one));
  if (os.length !== 1 || cpu.length !== 1) return undefined;
  const libc = os[0] !== 'linux' ? [] : words.some((word) => word.startsWith('musl')) ? ['musl'] : ['glibc'];
  const namesLibc = words.some((word) => /^(gnu|musl)/.test(word));
  return { cpu, os, ...(namesLibc && libc.length > 0 ? { libc } : {}) };
}

/** @param {Lock} lock @returns {[name: string, version: string, wantedBy: Locked][]} */
export function forgotten(lock) {
  return Object.values(lock.packages).flatMap((wantedBy) =>
    Object.entries(wantedBy.optionalDependencies ?? {})
      .filter(([name]) => !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`)))
      .map(([name, version]) => /** @type {[string, string, Locked]} */ ([name, version, wantedBy])),
  );
}

/** The order npm writes, so that its next write changes nothing. @param {Locked} locked */
const npmOrder = ({ version, ...rest }) =>
  /** @type {Locked} */ ({ version, ...Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))) });

/** @param {Lock} lock @returns {Lock} */
export function completed(lock) {
  const packages = { ...lock.packages };
  for (const [name, version, { dev }] of forgotten(lock)) {
    const platform = platformOf(name);
    if (!platform || !/^\d+\.\d+\.\d+$/.test(version))
      throw new Error(`${name} ${version}: complete the lock file by hand`);
    packages[`node_modules/${name}`] = npmOrder({ version, ...platform, ...(dev ? { dev } : {}), optional: true });
  }
  const paths = Object.keys(packages).sort((a, b) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(paths.map((path) => [path, packages[path] ?? {}])) };
}

/** @returns {Lock} */
export const readLock = () => JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

if (process.argv[1]?.endsWith('lock.mjs')) {
  writeFileSync(join(root, 'package-lock.json'), `${JSON.stringify(completed(readLock()), null, 2)}\n`);
}
