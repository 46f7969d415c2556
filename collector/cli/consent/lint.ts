// `weft consent lint`: whether a consent file may ship, finding by finding, and the table for the privacy notice.

import { basename } from 'node:path';
import { readConfig } from '../../config.js';
import { lint as lintSource, type Surroundings } from '../../consent/policy/lint.js';
import { noticeTable } from '../../consent/policy/notice.js';
import { lineOf, sourceOf } from '../../consent/policy/policy.js';
import type { Finding } from '../../consent/policy/read.js';
import { type Ending, Failure } from '../failure.js';
import type { Out } from '../say.js';

export interface LintAsked {
  json?: boolean;
  table?: boolean;
  locale?: string;
  strict?: boolean;
}

const shown = (file: string, finding: Finding): string => {
  const { severity, rule } = finding;
  const place = finding.file === undefined ? basename(file) : '';
  return `${severity === 'error' ? 'ERROR' : 'warn '}  ${place === '' ? '' : `${place}: `}${lineOf(finding)}  [${rule}]`;
};

/** A secret that is set here will be set where the collector runs; one that is not says nothing. */
const around = (): Surroundings => {
  try {
    return readConfig().identitySecret === null ? {} : { proof: true };
  } catch {
    return {};
  }
};

export const lintFile = async (file: string, asked: LintAsked, out: Out): Promise<Ending> => {
  const { source, findings: beside } = sourceOf(file);
  if (beside.some(({ rule }) => rule === 'file'))
    throw new Failure(
      'usage',
      `${file}: ${beside[0]!.reason}.`,
      'Name a consent file: `weft consent lint consent.json`.',
    );
  const { policy, findings } = lintSource(source, beside, around());
  // A notice in another language than was asked for would be found out by its readers.
  if (asked.locale !== undefined && policy !== null && !Object.hasOwn(policy.locales, asked.locale))
    throw new Failure(
      'usage',
      `${basename(file)} offers no words in “${asked.locale}”, but in ${Object.keys(policy.locales).join(', ')}.`,
      'Name one of these with --locale, or add the language under locales.files.',
    );
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const language =
    asked.locale ?? String((policy?.document.locales as { default?: unknown } | undefined)?.default ?? 'en');
  if (asked.json) {
    out.tell(
      JSON.stringify({
        ok: errors === 0,
        version: policy?.version ?? null,
        configHash: policy?.configHash ?? null,
        purposes: policy?.purposes.map(({ id, materialHash }) => ({ id, materialHash })) ?? [],
        findings,
        table: policy === null ? null : noticeTable(policy, language),
      }),
    );
  } else {
    if (!asked.table) for (const finding of findings) out.tell(shown(file, finding));
    else for (const finding of findings) out.note(shown(file, finding));
    if (policy !== null) {
      if (!asked.table) out.tell(`${findings.length > 0 ? '\n' : ''}For the privacy notice:\n`);
      out.tell(noticeTable(policy, language));
    }
    const said = errors === 0 ? 'It may ship' : `${errors} to be mended before it ships`;
    out.note(`\n${said}${warnings > 0 ? `; ${warnings} to be looked at` : ''}.`);
  }
  return errors > 0 || (asked.strict === true && warnings > 0) ? 'found' : 'done';
};
