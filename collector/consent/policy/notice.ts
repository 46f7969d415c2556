// What the privacy notice says of a policy: each purpose with its basis, its data, its days and who receives it. Pure.

import { monthsDays } from '../retention/retention.js';
import type { Words } from './locales.js';
import type { Policy } from './policy.js';

export interface NoticeRow {
  /** None where nobody is asked. */
  title: string | null;
  body: string;
  basis: string;
  data: string;
  days: number;
  /** None: `nobody` of the notice says so. */
  recipients: { name: string; policy: string | null; says: string }[];
}
export interface Notice {
  /** Of basis, data, days and recipients, in the language of the notice. */
  head: [basis: string, data: string, days: string, recipients: string];
  nobody: string;
  rows: NoticeRow[];
}

/**
 * What each purpose is for, on which basis, with which data, for how long, and who receives it; and what is counted
 * without asking anybody.
 */
export const noticeOf = (policy: Policy, language: string): Notice => {
  const locale = policy.locales[language] ?? Object.values(policy.locales)[0];
  const words = JSON.parse(locale?.content ?? '{}') as Words;
  const within = (section: string, key: string): string => {
    const found = (words[section] as Words | undefined)?.[key];
    return typeof found === 'string' ? found : key;
  };
  const dataOf = (classes: readonly string[]): string => classes.map((one) => within('data', one)).join(', ');
  const purposeWords = (id: string): { title: string; body: string } =>
    ((words.purposes as Words | undefined)?.[id] as { title: string; body: string } | undefined) ?? {
      title: id,
      body: '',
    };
  const described = (policy.document.recipients ?? {}) as Readonly<
    Record<string, { name: string; country: string; role: string; policy?: string }>
  >;
  const rows = policy.purposes.map(
    (terms): NoticeRow => ({
      ...purposeWords(terms.id),
      basis: within('basis', terms.basis),
      data: dataOf(terms.data),
      days: terms.retentionDays,
      recipients: terms.recipients.map((id) => {
        const recipient = described[id];
        return recipient === undefined
          ? { name: id, policy: null, says: '' }
          : {
              name: recipient.name,
              policy: recipient.policy ?? null,
              says: `${recipient.country}, ${within('roles', recipient.role)}`,
            };
      }),
    }),
  );
  const counting = policy.document.cookieless as { mode: string; regions?: readonly string[]; unique?: string };
  const { cookielessDays = monthsDays } = (policy.document.retention ?? {}) as { cookielessDays?: number };
  // Nobody is in these counts, and a visitor must be told of them all the same (consent.md, section 7).
  if (counting.mode !== 'off')
    rows.push({
      title: null,
      body: [within('oppose', 'body'), ...(counting.regions?.length ? [`(${counting.regions.join(', ')})`] : [])].join(
        ' ',
      ),
      basis: '–',
      data: dataOf(['pages', 'cart', ...(counting.unique === 'daily-hash' ? ['device'] : [])]),
      days: cookielessDays,
      recipients: [],
    });
  const term = (key: string): string => within('terms', key);
  return {
    head: [term('basis'), term('data'), term('retentionDays'), term('recipients')],
    nobody: term('nobody'),
    rows,
  };
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();

/** As Markdown, for the privacy notice. */
export const noticeTable = (policy: Policy, language: string): string => {
  const { head, nobody, rows } = noticeOf(policy, language);
  const lines = rows.map(({ title, body, basis, data, days, recipients }) => [
    title === null ? body : `**${title}**: ${body}`,
    basis,
    data,
    String(days),
    recipients.length === 0
      ? nobody
      : recipients
          .map(({ name, policy, says }) =>
            [policy === null ? name : `[${name}](${policy})`, says && `(${says})`].filter(Boolean).join(' '),
          )
          .join('; '),
  ]);
  const named = ['', ...head];
  return [named, named.map(() => '---'), ...lines].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
};
