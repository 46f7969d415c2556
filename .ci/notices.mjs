// @ts-check
// THIRD-PARTY-NOTICES.md: whose work is inside the files of dist/, under which licence, with the licence's words. Run by
// hand (node .ci/notices.mjs) after a build that took in something new; a test compares.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

const head = `# Third-party notices

The files of \`dist/sdk/\` (the script of the page, its chunks and the npm entry) hold code of the packages below, if
there are any. The collector bundles nobody's code: what it needs is listed in the \`package.json\` beside it and comes
with its own licence. It holds lists of others, at the end.
`;

/** What the collector ships of others: the lists say it beside themselves. */
const lists = () =>
  readFileSync(join(root, 'collector', 'enrich', 'lists', 'README.md'), 'utf8')
    .trim()
    .replace(/^# .*$/m, '## Lists inside dist/collector')
    .replace(/^## MIT License/m, '### MIT License');

/** @returns {string[]} npm packages that the last build took into dist/sdk */
export function bundledPackages() {
  const path = join(root, 'dist', 'sdk', 'bundled.json');
  if (!existsSync(path)) throw new Error('dist/sdk is not built: npm run build');
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

/** The whole licence; it must go along, and packages under it often carry only its short form. TypeScript has it all. */
const wholeApache = () =>
  readFileSync(join(root, 'node_modules', 'typescript', 'LICENSE.txt'), 'utf8')
    .trim()
    .replace(/\r/g, '');

/** @param {readonly string[]} packages */
export function notices(packages) {
  let needsApache = false;
  const parts = packages.map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((one) => /^licen[cs]e(\.\w+)?$/i.test(one));
    if (!file) throw new Error(`${name} carries no licence file`);
    const words = readFileSync(join(folder, file), 'utf8').trim().replace(/\r/g, '');
    needsApache ||= license === 'Apache-2.0';
    return `## ${name} ${version} (${license})\n\n\`\`\`text\n${words}\n\`\`\`\n`;
  });
  if (needsApache) parts.push(`## The Apache License 2.0\n\n\`\`\`text\n${wholeApache()}\n\`\`\`\n`);
  return [head, ...parts, `${lists()}\n`].join('\n');
}

if (process.argv[1] && import.meta.url.endsWith('/notices.mjs') && process.argv[1].endsWith('notices.mjs')) {
  writeFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), notices(bundledPackages()));
}
