// What a privacy team must know of a consent file before it goes live: errors that may not ship, warnings that somebody
// should look at, and the table for the privacy notice. Pure. Errors that make a file unusable come from ../policy.ts; these
// here are of files that could be in force and should not.

import type { Config } from '../../config.js';
import { requires } from '../../contract/purposes.js';
import { isPurpose } from '../mask.js';
import { contrast } from './contrast.js';
import type { Words } from './locales.js';
import { type Policy, readSource, type Source } from './policy.js';
import { type Finding, readText } from './read.js';
import { expandMatch, isInEea, regionPresets } from './region.js';
import { type ConsentFile, consentFile } from './shape.js';

export interface Linted {
  /** In force, or could be. */
  policy: Policy | null;
  findings: readonly Finding[];
}

type Note = (
  severity: Finding['severity'],
  rule: string,
  path: readonly PropertyKey[],
  reason: string,
  next: string,
) => void;

/** CNIL: a choice is asked again after about six months; more needs a reason. */
const decisionDaysAdvised = 180;
/** Beside the EEA, where the law of the place asks first. */
const askedElsewhere = expandMatch(regionPresets.world()[0]?.match ?? []).filter((place) => !isInEea(place));
/** CNIL: what is collected for audience measurement is kept 25 months at most. */
const retentionDaysAdvised = 760;
const contrastMin = 4.5;

/** How the collector is set up that serves the file; what is absent is not known here (a file in somebody's CI). */
export interface Surroundings {
  /** `WEFT_IDENTITY_SECRET` is set: somebody can be proved to be logged in. */
  proof?: boolean;
  /** Pages that may ask the collector anything. */
  origins?: Config['origins'];
}

type Unmet = Pick<Finding, 'severity' | 'rule' | 'reason' | 'next'> & { path: readonly PropertyKey[] };

const hostOf = (origin: string): string => new URL(origin).hostname;

/** What the file says and the collector around it does not do: it would tell people something that is not so. */
export const unmetBy = (policy: Pick<Policy, 'scope' | 'transfer'>, { proof, origins }: Surroundings): Unmet[] => {
  const found: Unmet[] = [];
  if (policy.scope === 'account' && !proof)
    found.push({
      severity: proof === false ? 'error' : 'warning',
      rule: 'account-without-proof',
      path: ['decision', 'scope'],
      reason:
        proof === false
          ? 'the banner says that a choice follows the account, and without WEFT_IDENTITY_SECRET none does'
          : 'a choice follows an account only where WEFT_IDENTITY_SECRET is set, which cannot be seen from here',
      next: 'Set it where the collector runs, and have your server sign whom it names; or write "device".',
    });
  const asking = origins?.kind === 'listed' ? new Set(origins.origins.map(hostOf)) : null;
  for (const [index, host] of policy.transfer.entries())
    if (origins?.kind === 'same' || asking?.has(host) === false)
      found.push({
        severity: 'warning',
        rule: 'transfer-origin',
        path: ['transfer', index],
        reason: `pages of "${host}" may not ask this collector, so no answer arrives there`,
        next: 'Add their origin to WEFT_ORIGINS: the same collector serves both hosts.',
      });
  return found;
};

const inspect = (given: ConsentFile, policy: Policy, note: Note): void => {
  if (given.policy?.version === undefined)
    note(
      'warning',
      'no-version',
      ['policy', 'version'],
      'the file has no version',
      'Give each release one: a date is fine.',
    );
  if (given.policy?.links?.privacy === undefined)
    note(
      'warning',
      'no-privacy-link',
      ['policy', 'links', 'privacy'],
      'the banner cannot link to the privacy notice',
      'Name its address under policy.links.privacy.',
    );
  if (given.controller?.name === undefined)
    note(
      'warning',
      'no-controller',
      ['controller', 'name'],
      'nobody is named as responsible',
      'Write controller.name and controller.contact.',
    );

  for (const [index, one] of (given.purposes ?? []).entries()) {
    const path = ['purposes', index];
    if (!isPurpose(one.id)) continue;
    if (one.retentionDays === undefined)
      note(
        'error',
        'no-retention',
        [...path, 'retentionDays'],
        `"${one.id}" does not say how long its data is kept`,
        'Write retentionDays.',
      );
    else if (one.retentionDays > retentionDaysAdvised)
      note(
        'warning',
        'long-retention',
        [...path, 'retentionDays'],
        `"${one.id}" is kept more than ${retentionDaysAdvised} days`,
        'Have the reason at hand, or shorten it.',
      );
    if (one.basis !== undefined && one.basis !== 'consent')
      note(
        'warning',
        'other-basis',
        [...path, 'basis'],
        `"${one.id}" does not rest on consent`,
        'Storing on the device needs consent all the same; write the reasoning down.',
      );
    const { thirdCountries } = one;
    if (thirdCountries !== undefined)
      for (const name of one.recipients ?? []) {
        const country = given.recipients?.[name]?.country;
        if (country !== undefined && !isInEea(country) && !thirdCountries.includes(country))
          note(
            'warning',
            'third-country-missing',
            [...path, 'thirdCountries'],
            `"${name}" is in ${country}, which is not listed`,
            'List it, or leave thirdCountries out: it is then made from the recipients.',
          );
      }
    if (one.automated)
      note(
        'warning',
        'automated',
        [...path, 'automated'],
        `"${one.id}" decides about people by machine alone`,
        'Article 22 GDPR: offer a human review.',
      );
    for (const requirement of [requires[one.id]])
      if (
        requirement !== null &&
        one.gpc === 'ignore' &&
        policy.purposes.find(({ id }) => id === requirement)?.gpc === 'deny'
      )
        note(
          'warning',
          'gpc-of-requirement',
          [...path, 'gpc'],
          `"${one.id}" falls with "${requirement}", which the signal denies`,
          'Write "deny" here too, so that readers are not misled.',
        );
    if (one.gpc === 'ignore' && one.id === 'marketing')
      note(
        'warning',
        'marketing-ignores-gpc',
        [...path, 'gpc'],
        'the opt-out signal does not reach marketing',
        'Write "deny" unless nothing under it is targeted across sites.',
      );
  }
  if (given.purposes === undefined)
    note(
      'warning',
      'shipped-purposes',
      ['purposes'],
      'the purposes that ship are used as they are',
      'List those you have, with their recipients and retention.',
    );

  const used = new Set((given.purposes ?? []).flatMap(({ recipients }) => recipients ?? []));
  for (const [name, recipient] of Object.entries(given.recipients ?? {})) {
    if (!used.has(name))
      note(
        'warning',
        'recipient-unused',
        ['recipients', name],
        `"${name}" receives nothing under any purpose`,
        'List it under a purpose, or take it out.',
      );
    if (recipient.role === 'controller' && recipient.erasureWebhook === undefined)
      note(
        'warning',
        'no-erasure-webhook',
        ['recipients', name],
        `nobody tells "${name}" of an erasure`,
        'Write erasureWebhook, or tell them by hand (article 19 GDPR).',
      );
  }
  for (const one of policy.purposes)
    if (one.id === 'sharing' && one.recipients.length === 0 && given.purposes !== undefined)
      note(
        'warning',
        'sharing-with-nobody',
        ['purposes'],
        '"sharing" has no recipient',
        'Name who receives data, or do not ask for it.',
      );

  for (const [index, rule] of (Array.isArray(given.regions) ? given.regions : []).entries()) {
    const path = ['regions', index];
    if (rule.model === 'opt-in' && rule.ui === 'none')
      note(
        'error',
        'opt-in-without-question',
        [...path, 'ui'],
        'where people must be asked, nobody asks',
        'Write "banner".',
      );
    if (rule.model === 'opt-in') continue;
    // A country by its name goes before the group it is in.
    const early = expandMatch(rule.match);
    const inEea = early.filter((place) => isInEea(place.slice(0, 2)));
    const asked = early.filter((place) => askedElsewhere.some((one) => place === one || place.startsWith(`${one}-`)));
    const where = inEea.length > 0 ? 'in the EEA' : asked.length > 0 ? `in ${asked.join(', ')}` : 'everywhere else';
    if (inEea.length > 0 || asked.length > 0 || early.includes('*'))
      note(
        inEea.length > 0 ? 'error' : 'warning',
        'default-on',
        [...path, 'model'],
        `${where} data is collected before anybody agreed`,
        inEea.length > 0 || early.includes('*') ? 'Write "opt-in".' : 'Write "opt-in", or have the reason at hand.',
      );
  }
  const needStatus = new Set(regionPresets['everywhere-opt-in']()[0]!.match);
  for (const [index, rule] of (Array.isArray(given.regions) ? given.regions : []).entries())
    if (
      rule.match.some((place) => place === 'US' || needStatus.has(place)) &&
      rule.model === 'opt-out' &&
      rule.gpcStatus !== true
    )
      note(
        'warning',
        'no-gpc-status',
        ['regions', index, 'gpcStatus'],
        'the page does not show that the opt-out signal is honoured',
        'Write "gpcStatus": true (11 CCR 7025).',
      );

  const days = given.decision?.days;
  if (days !== undefined && days > decisionDaysAdvised)
    note(
      'warning',
      'long-decision',
      ['decision', 'days'],
      `an answer stands longer than ${decisionDaysAdvised} days`,
      'Six months is what regulators call good practice.',
    );
  const reask = given.decision?.reaskAfterOptOutDays;
  if (reask !== undefined && reask < 365)
    note(
      'error',
      'reask-too-soon',
      ['decision', 'reaskAfterOptOutDays'],
      'somebody who opted out is asked again within twelve months',
      'Write 365 or more.',
    );
  const domain = given.storage?.domain?.replace(/^\./, '').toLowerCase();
  for (const [index, host] of (given.transfer ?? []).entries()) {
    if (domain !== undefined)
      if (host === domain || host.endsWith(`.${domain}`))
        note(
          'error',
          'transfer-own',
          ['transfer', index],
          `"${host}" reads the answer already: storage.domain covers it`,
          'Take it out; a link needs to hand nothing on there.',
        );
      else
        note(
          'error',
          'transfer-domain',
          ['storage', 'domain'],
          `a page of "${host}" can keep no cookie of "${domain}", and so no answer`,
          'Leave storage.domain out, and list each host under transfer.',
        );
    if (given.transfer?.indexOf(host) !== index)
      note('warning', 'transfer-twice', ['transfer', index], `"${host}" is listed twice`, 'Keep one of them.');
  }
  if (given.decision?.accountConflict !== undefined && policy.scope !== 'account')
    note(
      'warning',
      'conflict-of-no-account',
      ['decision', 'accountConflict'],
      'choices stay on their device, so none is in conflict with an account',
      'Write "scope": "account" beside it, or take the key out.',
    );
  if (given.age?.gate)
    note(
      'warning',
      'age-told-by-pages',
      ['age', 'gate'],
      'nobody is asked, and nothing granted, on a page that does not say who has passed the age gate',
      'Have each page say it: data-age="passed" or "guardian", or data-minor="true".',
    );
  if (policy.onWithdraw === 'stop' && policy.purposes.every(({ basis }) => basis === 'consent'))
    note(
      'error',
      'stop-without-basis',
      ['onWithdraw'],
      'what people take back is kept, and no purpose has another basis to keep it on',
      'Write "erase" or "anonymise"; or name the other basis at the purpose that has it.',
    );
  if (given.bridges?.legacy?.equivalent)
    note(
      'warning',
      'legacy-equivalent',
      ['bridges', 'legacy', 'equivalent'],
      'what people agreed to in the earlier banner counts as agreed here',
      'It must have asked the same: purposes, recipients, days. Keep its words as the proof; without this key they are asked.',
    );
  if (given.preConsent?.mode === 'hold')
    note(
      'warning',
      'holds-before-consent',
      ['preConsent', 'mode'],
      'events are held in memory before anybody agreed',
      'Strict readings count memory as storage; "current" holds nothing.',
    );
  if (
    given.cookieless &&
    given.cookieless.mode !== undefined &&
    given.cookieless.mode !== 'off' &&
    given.cookieless.unique === 'daily-hash'
  )
    note(
      'warning',
      'daily-hash',
      ['cookieless', 'unique'],
      'counting people by a hash of the day is disputed',
      'Have the reasoning at hand, or write "none".',
    );

  for (const [path, pair, fore, ground] of pairsOf(given)) {
    const ratio = contrast(fore, ground);
    if (ratio !== null && ratio < contrastMin)
      note(
        'error',
        'contrast',
        path,
        `${pair}: ${fore} on ${ground} is ${ratio.toFixed(2)}:1, and 4.5:1 is needed`,
        'Take colours further apart.',
      );
  }
};

interface Shown {
  background: string;
  text: string;
  accent: string;
}

/** What a token stands against where the file names only one of the two; as the banner's sheet has it. */
const shippedColours = {
  light: { background: '#ffffff', text: '#1c1c21', accent: '#0b5fff' },
  dark: { background: '#1d1d22', text: '#f2f2f5' },
};

/** What is read on what, by day and by night, where the file says something about it. */
const pairsOf = (given: ConsentFile): [path: PropertyKey[], pair: string, fore: string, ground: string][] => {
  const { darkColours, dark = 'auto', ...day } = given.ui?.theme ?? {};
  const over = (base: Shown, told: Partial<Record<keyof Shown, string | undefined>>): Shown => ({
    background: told.background ?? base.background,
    text: told.text ?? base.text,
    accent: told.accent ?? base.accent,
  });
  const light = over(shippedColours.light, day);
  const night = over({ ...shippedColours.dark, accent: light.accent }, darkColours ?? {});
  const pairs: [PropertyKey[], string, string, string][] = [];
  const add = (path: PropertyKey[], told: typeof day, of: Shown): void => {
    if (told.text !== undefined || told.background !== undefined)
      pairs.push([
        [...path, told.text === undefined ? 'background' : 'text'],
        'text on the background',
        of.text,
        of.background,
      ]);
    if (told.onAccent !== undefined)
      pairs.push([[...path, 'onAccent'], 'text on the buttons', told.onAccent, of.accent]);
  };
  if (dark !== 'dark') add(['ui', 'theme'], day, light);
  if (dark !== 'light') add(['ui', 'theme', 'darkColours'], darkColours ?? {}, night);
  return pairs;
};

const classesWithoutWords = (policy: Policy, note: Note): void => {
  for (const [language, { content }] of Object.entries(policy.locales)) {
    const words = JSON.parse(content) as Words;
    const data = words.data as Words;
    for (const one of new Set(policy.purposes.flatMap((terms) => [...terms.data])))
      if (!Object.hasOwn(data, one))
        note(
          'warning',
          'locale-missing',
          ['locales', 'files', language],
          `the class of data "${one}" has no words in "${language}"`,
          `Write data.${one} in its file; its id is shown until then.`,
        );
  }
};

/** Everything at once: what refuses the file, and what should not ship. `beside` are findings of reading its locale files. */
export const lint = (source: Source, beside: readonly Finding[] = [], around: Surroundings = {}): Linted => {
  const parsed = readSource(source);
  if (!parsed.ok) {
    const known = new Set(beside.map(({ path }) => path));
    return {
      policy: null,
      findings: [...beside, ...parsed.findings.filter((one) => one.rule !== 'locale-default' || known.size === 0)],
    };
  }
  const findings: Finding[] = [...beside];
  const read = readText(source.text);
  if (!read.ok) return { policy: null, findings: read.findings };
  const { json, placeOf } = read.read;
  const note: Note = (severity, rule, path, reason, next) =>
    findings.push({ severity, rule, path: path.join('.'), ...placeOf(path), reason, next });
  inspect(consentFile.parse(json), parsed.policy, note);
  classesWithoutWords(parsed.policy, note);
  for (const { severity, rule, path, reason, next } of unmetBy(parsed.policy, around))
    note(severity, rule, path, reason, next);
  return { policy: parsed.policy, findings };
};
