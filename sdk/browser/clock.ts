// Time, chance and turns. Nothing else in the SDK asks for them.

export type Timer = ReturnType<typeof setTimeout> | undefined;

export const now = () => Date.now();
export const iso = (at: number) => new Date(at).toISOString();
/** Browsers fire at once what is due in more than 24.8 days. */
export const after = (ms: number, run: () => void): Timer => setTimeout(run, Math.min(ms, 1e9));
export const pause = (ms: number) => new Promise<void>((resolve) => after(ms, resolve));
/** Until it is stopped. Not in a page that is hidden for long: browsers see to that. */
export const every = (ms: number, run: () => unknown) => {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
};
export const cancel = (timer: Timer) => clearTimeout(timer);

/** Between a half and one: tabs and devices that failed together shall not come back together. */
export const jitter = () => 1 - Math.random() / 2;

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));

let lastAt = 0;
/**
 * UUID v7 (RFC 9562). Ties of an event's instant are broken by its id, so within one page each id is greater than the one
 * before, even within a millisecond or after the clock was set back: its time then runs ahead a little.
 */
export const uuid = (): string => {
  lastAt = Math.max(now(), lastAt + 1);
  const drawn = random(36);
  return `0${lastAt.toString(16)}-7xxx-8xxx-xxxxxxxxxxxx`
    .replace(/x/g, (_, at) => ((drawn[at] as number) & 15).toString(16))
    .replace(/.{8}/, '$&-');
};

/** 22 characters base64url. */
export const newReceipt = (): string =>
  btoa(String.fromCharCode(...random(18)))
    .slice(2)
    .replace(/\W/g, '-');
