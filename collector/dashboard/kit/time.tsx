// Instants and durations in words. The server knows no one's zone, so it says UTC; the page's script says it again in the
// zone of whoever reads (dashboard.js holds the same words, and a test in a browser compares both).

import type { FC } from 'hono/jsx';
import { useView } from './view.js';

const dated = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC',
});
const timed = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC',
});
const dayed = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** `42 s`, `3 min 20 s`, `2 h 5 min`, `3 days`. */
export const duration = (ms: number): string => {
  const size = Math.max(0, ms);
  if (size < minuteMs) return `${Math.round(size / secondMs)} s`;
  if (size < 10 * minuteMs) {
    const seconds = Math.round((size % minuteMs) / secondMs);
    const minutes = Math.floor(size / minuteMs);
    return seconds === 60 ? `${minutes + 1} min` : seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`;
  }
  if (size < hourMs) return `${Math.floor(size / minuteMs)} min`;
  if (size < dayMs) {
    const minutes = Math.floor((size % hourMs) / minuteMs);
    const hours = Math.floor(size / hourMs);
    return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  }
  const days = Math.floor(size / dayMs);
  return days === 1 ? '1 day' : `${days} days`;
};

export const ago = (ms: number): string => {
  if (ms < 5 * secondMs) return 'just now';
  if (ms < minuteMs) return `${Math.floor(ms / secondMs)} s ago`;
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min ago`;
  if (ms < dayMs) return `${Math.floor(ms / hourMs)} h ago`;
  const days = Math.floor(ms / dayMs);
  return days === 1 ? 'yesterday' : days < 7 ? `${days} days ago` : '';
};

/** `moment` 22 Nov 2026, 10:42 UTC · `clock` 10:42 UTC · `day` 22 Nov 2026 · `ago` 3 min ago, later the day · `until` in 3 min. */
export type TimeAs = 'moment' | 'clock' | 'day' | 'ago' | 'until';

export const timeInWords = (at: number, as: TimeAs, now: number): string => {
  switch (as) {
    case 'moment':
      return `${dated.format(at)} UTC`;
    case 'clock':
      return `${timed.format(at)} UTC`;
    case 'day':
      return dayed.format(at);
    case 'ago':
      return ago(now - at) || dayed.format(at);
    case 'until':
      return at <= now ? 'now' : `in ${duration(at - now)}`;
  }
};

export const Time: FC<{ at: string; as?: TimeAs }> = ({ at, as = 'moment' }) => {
  const { now } = useView();
  const instant = Date.parse(at);
  if (Number.isNaN(instant)) return <span class="soft">unknown</span>;
  return (
    <time datetime={at} data-as={as} title={`${dated.format(instant)} UTC`}>
      {timeInWords(instant, as, now)}
    </time>
  );
};
