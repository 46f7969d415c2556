// Bars by hour or by day, stacked, drawn as SVG on the server. What the picture says is said again in a table, for those who can't
// see it or want the numbers.

import type { FC } from 'hono/jsx';
import { timeInWords } from './time.js';
import { numberFormat, useView } from './view.js';

export interface Series {
  name: string;
  /** Class of its bars and its key: shape as well as colour tells them apart. */
  look: 'first' | 'second' | 'third';
}
export interface Slot {
  at: string;
  values: readonly number[];
}

interface ChartSaid {
  /** Where a page has several. */
  id?: string;
  label: string;
  series: readonly Series[];
}

const height = 200;
const top = 10;
const bottom = 26;
const plotHeight = height - top - bottom;
const axisWidth = 42;

/** The least 1, 2 or 5 times a power of ten in whose four steps `value` fits. */
const niceStep = (value: number, steps = 4): number => {
  const raw = Math.max(1, value) / steps;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw)! * power;
  return Math.max(1, step);
};

const round = (value: number): number => Math.round(value * 100) / 100;

const compact = (locale: string, value: number): string =>
  numberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }).format(value);

export const HourChart: FC<ChartSaid & { hours: readonly Slot[] }> = ({ hours, ...rest }) => (
  <BarChart {...rest} slots={hours} by="hour" />
);
/** `at` of each: the beginning of its day, UTC. */
export const DayChart: FC<ChartSaid & { days: readonly Slot[] }> = ({ days, ...rest }) => (
  <BarChart {...rest} slots={days} by="day" />
);

/** One bar across a cell, of parts that make a whole; the numbers stand in the cells beside it. */
export const ShareBar: FC<{ label: string; series: readonly Series[]; values: readonly number[] }> = ({
  label,
  series,
  values,
}) => {
  const { locale } = useView();
  const sum = values.reduce((all, value) => all + value, 0);
  const share = (value: number): string =>
    numberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(sum === 0 ? 0 : value / sum);
  const told = series.map(({ name }, index) => `${name.toLowerCase()} ${share(values[index] ?? 0)}`).join(', ');
  let from = 0;
  return (
    <svg class="share" width="100%" height="14" role="img" aria-label={`${label}: ${told}`}>
      <title>{told}</title>
      {series.map(({ look }, index) => {
        const wide = sum === 0 ? 0 : (100 * (values[index] ?? 0)) / sum;
        const x = from;
        from += wide;
        return wide === 0 ? null : (
          <rect class={`bar ${look}`} x={`${round(x)}%`} y="1" width={`${round(wide)}%`} height="12" />
        );
      })}
    </svg>
  );
};

const BarChart: FC<ChartSaid & { slots: readonly Slot[]; by: 'hour' | 'day' }> = ({
  id = 'chart',
  label,
  series,
  slots: hours,
  by,
}) => {
  const { locale, now } = useView();
  const sums = hours.map((hour) => hour.values.reduce((sum, value) => sum + value, 0));
  const highest = Math.max(1, ...sums);
  const step = niceStep(highest);
  const ceiling = Math.ceil(highest / step) * step;
  // Across, everything is a share of the width, so that a phone gets narrower bars and not smaller letters.
  const slot = 100 / Math.max(1, hours.length);
  const percent = (value: number): string => `${round(value)}%`;
  const y = (value: number): number => top + plotHeight - (value / ceiling) * plotHeight;
  const ticks = Array.from({ length: Math.round(ceiling / step) + 1 }, (_, index) => index * step);
  const totals = series.map((_, index) => hours.reduce((sum, hour) => sum + (hour.values[index] ?? 0), 0));
  const number = (value: number): string => numberFormat(locale).format(value);
  const as = by === 'hour' ? 'clock' : 'day';
  const ticksEvery = by === 'hour' ? 4 : Math.max(1, Math.ceil(hours.length / 6));
  const tickOf = (at: string): string => {
    const words = timeInWords(Date.parse(at), as, now);
    return by === 'hour' ? words.replace(' UTC', '') : words.replace(/ \d{4}$/, '');
  };
  return (
    <figure class="chart">
      <ul class="key" aria-hidden="true">
        {series.map(({ name, look }, index) => (
          <li>
            <svg width="12" height="12" viewBox="0 0 12 12" focusable="false" aria-hidden="true">
              <rect class={`bar ${look}`} width="12" height="12" rx="2" />
            </svg>
            {name} <b>{number(totals[index]!)}</b>
          </li>
        ))}
      </ul>
      <div class="plot">
        <svg width={axisWidth} height={height} aria-hidden="true" focusable="false">
          {ticks.map((value) => (
            <text class="tick" x={axisWidth - 8} y={round(y(value) + 4)} text-anchor="end">
              {compact(locale, value)}
            </text>
          ))}
        </svg>
        <svg
          width="100%"
          height={height}
          role="img"
          aria-label={`${label}: ${series.map(({ name }, index) => `${number(totals[index]!)} ${name.toLowerCase()}`).join(', ')}. The numbers stand in the table below.`}
        >
          <defs>
            <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect class="hatch-ground" width="5" height="5" />
              <rect class="hatch-line" width="2" height="5" />
            </pattern>
          </defs>
          {ticks.map((value) => (
            <line class="rule" x1="0" x2="100%" y1={round(y(value))} y2={round(y(value))} />
          ))}
          {hours.map((hour, index) => {
            let below = 0;
            const told = series.map(({ name }, which) => `${number(hour.values[which] ?? 0)} ${name.toLowerCase()}`);
            return (
              <g>
                <rect class="reach" x={percent(index * slot)} y={top} width={percent(slot)} height={plotHeight}>
                  <title>{`${timeInWords(Date.parse(hour.at), as, now)}: ${told.join(', ')}`}</title>
                </rect>
                {series.map(({ look }, which) => {
                  const value = hour.values[which] ?? 0;
                  if (value === 0) return null;
                  // One event among thousands is still seen.
                  const tall = Math.max(2, (value / ceiling) * plotHeight);
                  const from = y(below) - tall;
                  below += value;
                  return (
                    <rect
                      class={`bar ${look}`}
                      x={percent((index + 0.15) * slot)}
                      y={round(Math.max(top, from))}
                      width={percent(slot * 0.7)}
                      height={round(tall)}
                      rx="1.5"
                    />
                  );
                })}
                {(hours.length - 1 - index) % ticksEvery === Math.min(1, ticksEvery - 1) && (
                  <text
                    class="tick"
                    x={percent((index + 0.5) * slot)}
                    y={height - 8}
                    text-anchor="middle"
                    data-hour={by === 'hour' ? hour.at : undefined}
                  >
                    {tickOf(hour.at)}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      </div>
      <details class="more" id={`${id}-numbers`}>
        <summary>The numbers</summary>
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">{by === 'hour' ? 'Hour' : 'Day'}</th>
              {series.map(({ name }) => (
                <th scope="col" class="end">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {hours.map((hour) => (
              <tr>
                <th scope="row">
                  {by === 'hour' ? (
                    <time datetime={hour.at} data-as="clock">
                      {timeInWords(Date.parse(hour.at), as, now)}
                    </time>
                  ) : (
                    // A day of UTC is that day everywhere: no script moves it into another zone.
                    timeInWords(Date.parse(hour.at), as, now)
                  )}
                </th>
                {series.map((_, which) => (
                  <td class="end">{number(hour.values[which] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
};
