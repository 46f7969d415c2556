// How well two colours can be told apart, as WCAG 2 computes it. Pure.

const channel = (value: number): number => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};

/** Of `#rgb` or `#rrggbb`; null for anything else. */
const luminance = (colour: string): number | null => {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour)?.[1];
  if (hex === undefined) return null;
  const pairs = hex.length === 3 ? [...hex].map((digit) => digit + digit) : (hex.match(/../g) ?? []);
  const [red, green, blue] = pairs.map((pair) => channel(Number.parseInt(pair, 16)));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
};

/** 1 (the same) to 21 (black on white); null where one of them is no colour. */
export const contrast = (a: string, b: string): number | null => {
  const first = luminance(a);
  const second = luminance(b);
  if (first === null || second === null) return null;
  return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
};
