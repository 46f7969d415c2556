// How a command speaks: what was asked for goes to stdout, everything about it to stderr, so that one can be piped and the
// other read. Never a secret, but for a key that was made just now.

import cliProgress from 'cli-progress';

export interface Out {
  /** What was asked for. */
  tell: (text: string) => void;
  /** About it, for whoever watches. */
  note: (text: string) => void;
  progress: (title: string) => Progress;
}
export interface Progress {
  at: (done: number, total: number, said?: string) => void;
  end: () => void;
}

const plainEveryMs = 5_000;
const silent: Progress = { at: () => {}, end: () => {} };

const bar = (title: string): Progress => {
  const drawn = new cliProgress.SingleBar({
    format: `${title} {bar} {percentage} %  {said}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: false,
    fps: 8,
    stream: process.stderr,
    gracefulExit: false,
  });
  let begun = false;
  return {
    at: (done, total, said = '') => {
      if (!begun) drawn.start(Math.max(total, 1), done, { said });
      begun = true;
      drawn.setTotal(Math.max(total, 1));
      drawn.update(done, { said });
    },
    end: () => {
      if (begun) drawn.stop();
    },
  };
};

/** Where nobody looks at a terminal: a line now and then, for a log. */
const lines = (title: string): Progress => {
  let toldAt = performance.now();
  return {
    at: (done, total, said = '') => {
      if (performance.now() - toldAt < plainEveryMs) return;
      toldAt = performance.now();
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
      process.stderr.write(`${title}: ${percent} %${said === '' ? '' : `, ${said}`}\n`);
    },
    end: () => {},
  };
};

export const outOf = ({ quiet = false }: { quiet?: boolean }): Out => ({
  tell: (text) => {
    process.stdout.write(`${text}\n`);
  },
  note: (text) => {
    if (!quiet) process.stderr.write(`${text}\n`);
  },
  progress: (title) => (quiet ? silent : process.stderr.isTTY ? bar(title) : lines(title)),
});

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

export const bytesSaid = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
};

/** Names and what stands beside them, in two columns. */
export const columns = (rows: readonly (readonly [string, string | number])[], indent = '  '): string => {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows
    .map(
      ([name, said]) =>
        `${indent}${name.padEnd(width)}  ${typeof said === 'number' ? said.toLocaleString('en-US') : said}`,
    )
    .join('\n');
};
