// @ts-check
// Installs Debian packages by itself where that is ours to do: on Debian, as root. Anywhere else it says which one
// command does it and stops. It never pretends that something missing is there.
import { readFileSync } from 'node:fs';
import { Stop, say } from './say.mjs';
import { spawned } from './spawned.mjs';

// Ubuntu's chromium package is only a pointer to a snap, so a likeness to Debian is not enough.
function onDebian() {
  try {
    return /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/**
 * @param {{ what: string, packages: readonly string[], elsewhere: string }} wanted
 *   what: the missing thing in words; elsewhere: the command that brings it on other systems
 */
export async function installFromDebian({ what, packages, elsewhere }) {
  if (!onDebian()) throw new Stop(`${what} is missing.`, elsewhere);
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) throw new Stop(`${what} is missing.`, `sudo sh -c '${command}'`);

  say(`${what} is missing: installing Debian's ${packages.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const updated = await spawned('apt-get', ['update'], { quiet: true, env });
  if (updated.code !== 0) say(updated.output.trim());
  const installed = await spawned('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
    quiet: true,
    env,
  });
  if (installed.code !== 0) {
    say(installed.output.trim());
    throw new Stop(`${what} is missing and its Debian package could not be installed (see above).`, command);
  }
}
