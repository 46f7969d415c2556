// `weft consent import`: the configuration of another banner as a consent file. stdout is the file alone, so that it can be
// piped; what was refused and what somebody must still write goes to stderr.

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Foreigner, foreigners, importConfig, type Remark } from '../../consent/policy/foreign/index.js';
import { scriptMaxBytes } from '../../consent/policy/foreign/sandbox.js';
import { type Ending, Failure } from '../failure.js';
import type { Out } from '../say.js';

export interface ImportAsked {
  from: string;
  out?: string;
  force?: boolean;
}

const titles: Readonly<Record<Remark['kind'], string>> = {
  refused: 'Refused',
  todo: 'To be written',
  note: 'To be looked at',
};

const isForeigner = (name: string): name is Foreigner => (foreigners as readonly string[]).includes(name);

export const importBanner = async (file: string, asked: ImportAsked, out: Out): Promise<Ending> => {
  if (!isForeigner(asked.from))
    throw new Failure('usage', '--from names no banner that is known.', `One of ${foreigners.join(', ')}.`);
  let source: string;
  try {
    if (statSync(file).size > scriptMaxBytes)
      throw new Failure(
        'refused',
        `${file} is larger than ${scriptMaxBytes} bytes.`,
        'Give the configuration alone, without the library.',
      );
    source = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('usage', `${file} cannot be read.`, 'Name the JavaScript file with the configuration.');
  }
  const result = await importConfig(asked.from, source);
  if (!result.ok)
    throw new Failure(
      'refused',
      `${file}: ${result.reason}.`,
      'Cut it down to the configuration object: no page, no network, no other modules.',
    );
  const { file: consent, locales, remarks } = result.imported;
  const folder = asked.out;
  // Without a folder there is nowhere for the words to lie.
  const named = consent.locales as { files?: Record<string, string | null> };
  if (folder === undefined && named.files)
    named.files = Object.fromEntries(Object.keys(named.files).map((code) => [code, null]));
  const text = `${JSON.stringify(consent, null, 2)}\n`;
  if (folder === undefined) {
    out.tell(text.trimEnd());
    if (Object.keys(locales).length > 0)
      out.note('The words of the banner were left out: with --out <folder> they are written beside the file.');
  } else {
    const files: [string, string][] = [
      ['consent.json', text],
      ...Object.entries(locales)
        .filter(([code]) => /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/.test(code))
        .map(([code, words]): [string, string] => [`${code}.json`, `${JSON.stringify(words, null, 2)}\n`]),
    ];
    mkdirSync(folder, { recursive: true });
    const there = files.map(([name]) => join(folder, name)).filter((path) => existsSync(path));
    if (there.length > 0 && !asked.force)
      throw new Failure('refused', `${there.join(', ')} is there already.`, 'Name another folder, or give --force.');
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
    out.tell(files.map(([name]) => join(folder, name)).join('\n'));
  }
  for (const kind of ['refused', 'todo', 'note'] as const) {
    const of = remarks.filter((remark) => remark.kind === kind);
    if (of.length === 0) continue;
    out.note(`\n${titles[kind]}:`);
    for (const { what, next } of of) out.note(`  ${what}\n    → ${next}`);
  }
  out.note('\nThen: `weft consent lint consent.json`.');
  return 'done';
};
