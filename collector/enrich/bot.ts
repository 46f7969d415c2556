// Whether a user agent says of itself that it is a program, and how it calls itself. Pure. It reads what is declared and
// nothing else: no behaviour, no fingerprint, so that a person is never judged by how they move.

import { isbot, isbotMatch } from 'isbot';
import { recent } from '../store/recent.js';
import crawlers from './lists/crawlers.json' with { type: 'json' };

/** No bot has yet hidden its name further back; the rest is an attacker's. */
const lengthMax = 1_000;

const missedByIsbot = new RegExp(crawlers.patterns.join('|'));

// Browsers inside apps and some phones write things that isbot takes for a program's ("|", "tools", "Sogou", "Google", a
// leading bracket). Behind them are people who buy, so only a word that says bot outright counts against them.
const personsBrowser =
  /AlipayClient\/|MicroMessenger\/|SogouMobileBrowser\/|^\[FB(?:AN|_IAB)\/|;FBAV\/|; Google Nexus /;
const outright =
  /bot\b|bots?[/;)]|crawl|spider|slurp|headless|externalhit|phantomjs|selenium|puppeteer|playwright|https?:/i;

const named =
  /((?:[a-z][\w.!-]{0,30}?)?(?:bot|crawler|spider|preview|scan(?:ner)?|monitor|fetcher|externalhit|headless)[a-z]{0,12})\b/i;
const compatible = /compatible; ([a-z][\w .!-]{1,38})/i;
const firstWord = /^([a-z][\w.!-]{1,38})/i;
const addresses = /https?:\S+|www\.\S+|\S+@\S+/gi;

const label = (userAgent: string): string => {
  const words = userAgent.replace(addresses, ' ');
  const product = compatible.exec(words)?.[1]?.trim();
  const name =
    named.exec(words)?.[1] ??
    (product !== undefined && !/^(?:MSIE|U|Konqueror|Windows|Linux)\b/.test(product) ? product : undefined) ??
    missedByIsbot.exec(words)?.[0] ??
    isbotMatch(words)?.replace(/^[^a-z]+|[^\w]+$/gi, '');
  const first = firstWord.exec(words)?.[1];
  const found = name && name.length > 2 ? name : first !== undefined && first !== 'Mozilla' ? first : 'unnamed';
  return (
    found
      .replace(/[^\w .!/-]/g, '')
      .replace(/\/.*$/, '')
      .slice(0, 40)
      .trim() || 'unnamed'
  );
};

const judge = (userAgent: string): string | null => {
  const suspected = personsBrowser.test(userAgent)
    ? outright.test(userAgent)
    : isbot(userAgent) || missedByIsbot.test(userAgent);
  return suspected ? label(userAgent) : null;
};

// `false` stands for "no bot": the cache can't tell a stored null from a miss.
const known = recent<string, string | false>(4_000);

/** The name of the bot, or null. A missing user agent is no verdict: servers have none. */
export const readBot = (userAgent: string | null): string | null => {
  if (typeof userAgent !== 'string' || userAgent === '') return null;
  const key = userAgent.slice(0, lengthMax);
  let verdict = known.get(key);
  if (verdict === undefined) {
    verdict = judge(key) ?? false;
    known.set(key, verdict);
  }
  return verdict === false ? null : verdict;
};
