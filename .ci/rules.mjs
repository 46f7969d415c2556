// @ts-check
// Which rules and scenarios of the meaning (docs/scope.json) does no test name? A rule counts as named when a test that
// ran carries its name as a word of its own in its title or in a title around it: `R4: …`, `C-2 …`, `consent 11: …`.
// Sources are not searched: a skipped test, or a name in a comment, proves nothing.

/**
 * @typedef {{ inScope: readonly string[], outOfScope: Record<string, string> }} Scope
 * @typedef {{ named: string[], unnamed: string[], later: [name: string, reason: string][], unknown: string[] }} Account
 */

/** @param {string} name */
function asWord(name) {
  const escaped = name.replace(/[-\s]/g, (c) => (c === '-' ? '-' : '\\s+'));
  return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`);
}

const lookingLikeARule = /(?<![\w-])(?:[RSCI]-?\d+|consent \d+)(?=:)/g;

/**
 * @param {Scope} scope
 * @param {readonly string[]} titles of the tests that ran
 * @returns {Account} unknown: names at the head of a title that the scope does not hold, so most likely a slip
 */
export function account(scope, titles) {
  const text = titles.join('\n');
  const names = [...scope.inScope, ...Object.keys(scope.outOfScope)];
  const known = new Set(names);
  return {
    named: scope.inScope.filter((name) => asWord(name).test(text)),
    unnamed: scope.inScope.filter((name) => !asWord(name).test(text)),
    later: Object.entries(scope.outOfScope).filter(([name]) => !asWord(name).test(text)),
    unknown: [...new Set(text.match(lookingLikeARule) ?? [])].filter((name) => !known.has(name)),
  };
}
