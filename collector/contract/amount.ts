// Amounts and currencies as senders write them: the one reader of both. The door warns of what it cannot read
// (`checkEcommerce`), carts and orders count what it can; were there two, a warning could speak of an amount that counted.

/** A number in plain decimal writing, without exponent, at most six decimals, no trailing zeros: `-12.5`. */
export type Decimal = string;

export type Amount =
  | { kind: 'absent' }
  /** Given, but not a number, or larger than any shop's. */
  | { kind: 'unreadable' }
  /** `plain` = a JSON number or a text that is one; anything else was guessed at. */
  | { kind: 'amount'; decimal: Decimal; plain: boolean };

/** Ten billion in a currency of three decimals. Nine hundred such sums still add up exactly in a JSON number. */
export const amountMaxMinor = 10_000_000_000_000;

export const decimalsMax = 6;
const textMax = 60;
/** Of the digits before the decimal mark: the widest amount within `amountMaxMinor` has 14. */
const integerDigitsMax = 14;

const exponents = new Map<string, number>([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((c) => [c, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((c) => [c, 3] as const),
  ...'CLF UYW'.split(' ').map((c) => [c, 4] as const),
]);

/** ISO 4217. A code the table does not know has two decimals, as all but these few have; so has an unknown currency. */
export const exponentOf = (currency: string | null): number => (currency === null ? 2 : (exponents.get(currency) ?? 2));

/** Any case, three letters; `undefined` = something else was given. */
export const readCurrency = (value: unknown): string | null | undefined => {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') return undefined;
  const code = value.trim().toUpperCase();
  return /^[A-Z]{3}$/.test(code) ? code : undefined;
};

export const roundedDiv = (value: bigint, by: bigint): bigint => {
  const half = by / 2n;
  return value < 0n ? -((-value + half) / by) : (value + half) / by;
};

/** As text again, without trailing zeros. */
export const written = (millionths: bigint): Decimal => {
  const sign = millionths < 0n ? '-' : '';
  const digits = (millionths < 0n ? -millionths : millionths).toString().padStart(decimalsMax + 1, '0');
  const fraction = digits.slice(-decimalsMax).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -decimalsMax)}${fraction === '' ? '' : `.${fraction}`}`;
};

/** Rounded to six decimals: 0.1 + 0.2, as a page computes it, is 0.3 again. */
const assemble = (negative: boolean, whole: string, fraction: string, exponent: number): Decimal | null => {
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  const shift = decimalsMax - fraction.length + exponent;
  if (digits.length + exponent - fraction.length > integerDigitsMax) return null;
  if (digits.length + shift < 0) return '0';
  const value = shift >= 0 ? BigInt(digits) * 10n ** BigInt(shift) : roundedDiv(BigInt(digits), 10n ** BigInt(-shift));
  return written(negative ? -value : value);
};

const literal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
/** What shops write around a number: a code, a symbol perhaps with letters (`US$`), or one of these abbreviations. */
const decoration =
  '(?:[A-Z]{0,3}\\p{Sc}|[A-Z]{3}|kr\\.?|zł|Kč|Ft|lei|Rs\\.?|Rp\\.?|RM|Fr\\.?|TL|руб\\.?|лв\\.?|грн\\.?)';
const decorated = new RegExp(`^([-−]?)${decoration}?([-−]?)([^-−]*?)([.,][-–—]+)?${decoration}?$`, 'u');

/** `1.234.567`, `1,234`, `12,34,567`: groups of three, or of two with a last one of three. */
const groups = (text: string, mark: string): string | null => {
  const parts = text.split(mark);
  const [first = '', ...rest] = parts;
  const last = rest.at(-1);
  if (last === undefined || first.length === 0 || first.length > 3 || last.length !== 3) return null;
  const middle = rest.slice(0, -1);
  const threes = middle.every((part) => part.length === 3);
  const twos = first.length <= 2 && middle.every((part) => part.length === 2);
  return threes || twos ? parts.join('') : null;
};

/** A person's writing of a number: which of its marks is the decimal one is told by their order and the groups. */
const readWriting = (
  text: string,
  exponent: number,
  isDecorated: boolean,
): [whole: string, fraction: string] | null => {
  let core = text;
  for (const mark of [' ', "'"]) {
    if (!core.includes(mark)) continue;
    const end = core.search(/[.,]/);
    const whole = groups(end < 0 ? core : core.slice(0, end), mark);
    if (whole === null) return null;
    core = end < 0 ? whole : whole + core.slice(end);
  }
  if (!/^[\d.,]+$/.test(core) || !/\d/.test(core)) return null;
  const dot = core.lastIndexOf('.');
  const comma = core.lastIndexOf(',');
  if (dot < 0 && comma < 0) return [core, ''];
  const decimal = dot > comma ? '.' : ',';
  const at = Math.max(dot, comma);
  const before = core.slice(0, at);
  const after = core.slice(at + 1);
  if (dot >= 0 && comma >= 0) {
    if (before.includes(decimal)) return null;
    const whole = groups(before, decimal === '.' ? ',' : '.');
    return whole === null ? null : [whole, after];
  }
  if (before.includes(decimal)) {
    const whole = groups(core, decimal);
    return whole === null ? null : [whole, ''];
  }
  // `1,234` is a thousand and more, unless money of this currency has three decimals. A bare `1.234` is a number as
  // programs write it; with a currency sign beside it a person wrote it.
  const grouped = after.length === 3 && /^[1-9]\d{0,2}$/.test(before) && exponent !== 3;
  return grouped && (decimal === ',' || isDecorated) ? [before + after, ''] : [before, after];
};

/** What nearly every sender writes, and every JSON number of a shop: digits that `assemble` would leave as they are. */
const usual = /^(?:0|[1-9]\d{0,8})(?:\.\d{1,6})?$/;
const zerosAtEnd = /\.?0+$/;

export const readAmount = (value: unknown, currency: string | null = null): Amount => {
  if (value === undefined || value === null) return { kind: 'absent' };
  if (typeof value !== 'number' && typeof value !== 'string') return { kind: 'unreadable' };
  const given = `${value}`;
  if (usual.test(given)) {
    const hasZeros = given.endsWith('0') && given.includes('.');
    return { kind: 'amount', decimal: hasZeros ? given.replace(zerosAtEnd, '') : given, plain: true };
  }
  const text = given
    .slice(0, textMax + 1)
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .trim();
  if (text === '') return { kind: 'absent' };
  if (text.length > textMax) return { kind: 'unreadable' };
  const plain = literal.exec(text);
  if (plain !== null && /\d/.test(plain[2]! + (plain[3] ?? ''))) {
    const decimal = assemble(plain[1] === '-', plain[2]!, plain[3] ?? '', Number(plain[4] ?? 0));
    return decimal === null ? { kind: 'unreadable' } : { kind: 'amount', decimal, plain: true };
  }
  const bracketed = /^\((.*)\)$/.exec(text);
  const parts = decorated.exec((bracketed?.[1] ?? text).replace(/[’`´]/g, "'").replace(/^\+/, ''));
  if (parts === null || (parts[1] !== '' && parts[2] !== '')) return { kind: 'unreadable' };
  const core = parts[3]!.trim();
  const read = readWriting(core, exponentOf(currency), core.length < text.replace(/^[-−+(]|\)$/g, '').length);
  if (read === null) return { kind: 'unreadable' };
  const negative = bracketed !== null || parts[1] !== '' || parts[2] !== '';
  const decimal = assemble(negative, read[0], read[1], 0);
  return decimal === null ? { kind: 'unreadable' } : { kind: 'amount', decimal, plain: false };
};

/** Whether `readAmount` can't read it. The door asks this of each amount of each event; a JSON number of a shop's size is one. */
export const isUnreadable = (value: unknown): boolean =>
  typeof value === 'number' && Math.abs(value) < 10 ** integerDigitsMax
    ? false
    : readAmount(value).kind === 'unreadable';

export const isNegative = (decimal: Decimal): boolean => decimal.startsWith('-');
