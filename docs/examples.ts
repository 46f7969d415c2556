// What a page of the documentation shows that can be tried: its blocks of code, and the `curl` commands among them read
// into requests, so that they run where no curl is installed. Reads text; sends nothing.

export interface Block {
  language: string;
  text: string;
  /** Of the page, from 1. */
  line: number;
}

export const blocksOf = (page: string): Block[] => {
  const blocks: Block[] = [];
  const lines = page.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const language = /^```(\w*)/.exec(lines[at]!)?.[1];
    if (language === undefined) continue;
    const from = at + 1;
    at = lines.indexOf('```', from);
    if (at < 0) throw new Error(`The block of line ${from} has no end.`);
    blocks.push({ language, text: lines.slice(from, at).join('\n'), line: from });
  }
  return blocks;
};

/** The words of a command line: quotes, backslashes at the ends of lines, and `$NAME`. No other part of a shell. */
export const wordsOf = (command: string, variables: Readonly<Record<string, string>>): string[] => {
  const words: string[] = [];
  let word: string | null = null;
  const named = (at: number): string => /^\$(\w+)/.exec(command.slice(at))?.[1] ?? '';
  const said = (name: string): string => {
    const value = variables[name];
    if (value === undefined) throw new Error(`Nothing says what $${name} is.`);
    return value;
  };
  for (let at = 0; at < command.length; at += 1) {
    const char = command[at]!;
    if (char === "'") {
      const end = command.indexOf("'", at + 1);
      word = (word ?? '') + command.slice(at + 1, end);
      at = end;
    } else if (char === '"') {
      word ??= '';
      for (at += 1; command[at] !== '"'; at += 1) {
        if (command[at] === '$') {
          const name = named(at);
          word += said(name);
          at += name.length;
        } else word += command[at];
      }
    } else if (char === '$') {
      const name = named(at);
      word = (word ?? '') + said(name);
      at += name.length;
    } else if (char === '\\' && command[at + 1] === '\n') at += 1;
    else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + char;
  }
  if (word !== null) words.push(word);
  return words;
};

export interface Asked {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | null;
}

/** As much of curl as the pages use; anything else is an error, so that no example is half tried. */
export const requestOf = ([program, ...words]: readonly string[]): Asked => {
  if (program !== 'curl') throw new Error(`${program} is not curl.`);
  const asked: Asked = { url: '', method: '', headers: {}, body: null };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    const value = (): string => {
      at += 1;
      return words[at]!;
    };
    if (word === '-sS' || word === '-i') continue;
    if (word === '-X') asked.method = value();
    // Where to, on the reader's own disk.
    else if (word === '>') value();
    else if (word === '-d') asked.body = value();
    else if (word === '-u') asked.headers.authorization = `Basic ${Buffer.from(value()).toString('base64')}`;
    else if (word === '-H') {
      const header = value();
      const colon = header.indexOf(':');
      asked.headers[header.slice(0, colon).toLowerCase()] = header.slice(colon + 1).trim();
    } else if (word.startsWith('-')) throw new Error(`No example uses ${word} yet.`);
    else asked.url = word;
  }
  asked.method ||= asked.body === null ? 'GET' : 'POST';
  if (asked.body !== null) asked.headers['content-type'] ??= 'application/x-www-form-urlencoded';
  return asked;
};

/** Where an answer is not what the page shows; `…` stands for anything, and what the page leaves out may be there. */
export const differences = (shown: unknown, answered: unknown, path = ''): string[] => {
  if (typeof shown === 'string' && shown.includes('…')) {
    return typeof answered === 'string' ? [] : [`${path} is ${JSON.stringify(answered)}`];
  }
  if (Array.isArray(shown)) {
    if (!Array.isArray(answered)) return [`${path} is no list`];
    if (shown.length > answered.length) return [`${path} has ${answered.length} of ${shown.length}`];
    return shown.flatMap((one, index) => differences(one, answered[index], `${path}.${index}`));
  }
  if (typeof shown === 'object' && shown !== null) {
    if (typeof answered !== 'object' || answered === null) return [`${path} is ${JSON.stringify(answered)}`];
    return Object.entries(shown).flatMap(([name, one]) =>
      differences(one, (answered as Record<string, unknown>)[name], `${path}.${name}`),
    );
  }
  return Object.is(shown, answered)
    ? []
    : [`${path} is ${JSON.stringify(answered)}, the page says ${JSON.stringify(shown)}`];
};
