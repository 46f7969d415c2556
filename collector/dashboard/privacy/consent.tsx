// How people answer the question: rates by day, region, language, layer and button. Made of counters that hold nobody; a group
// so small that it could point at somebody is not told apart.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { rangeOf, toldGroups } from '../../consent/ledger/rates.js';
import { dayOf } from '../../contract/instant.js';
import { type ConsentRate, type ConsentRates, type RateFilter, smallestCell } from '../../contract/proofs.js';
import { purposes } from '../../contract/purposes.js';
import { type House, queryOf, type Staffed } from '../frame.js';
import { DayChart, ShareBar } from '../kit/chart.js';
import { Empty, Figures, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { numberFormat, useView } from '../kit/view.js';
import { purposeWords } from '../words/person.js';
import { respondRoom, Span } from './room.js';

const dayMs = 86_400_000;
const rangeMaxDays = 400;
const spans = [7, 30, 90, 365] as const;
const groupsShown = 40;

/** Each day of a range, those without an answer too. */
const daysOf = ({ from, to, byDay }: ConsentRates): { at: string; rate: ConsentRate | undefined }[] => {
  const known = new Map(byDay.map((rate) => [rate.key, rate]));
  const count = Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1;
  return Array.from({ length: Math.min(count, rangeMaxDays) }, (_, index) => {
    const day = dayOf(Date.parse(from) + index * dayMs);
    return { at: `${day}T00:00:00.000Z`, rate: known.get(day) };
  });
};

const Share: FC<{ part: number; of: number }> = ({ part, of }) => {
  const { locale } = useView();
  return (
    <>
      {numberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(of === 0 ? 0 : part / of)}{' '}
      <span class="soft">{numberFormat(locale).format(part)}</span>
    </>
  );
};

const columns = (name: string): readonly Column[] => [
  { name },
  { name: 'How' },
  { name: 'Answers', end: true },
  { name: 'All accepted', end: true },
  { name: 'Some', end: true },
  { name: 'Refused', end: true },
  { name: 'Withdrawn since', end: true },
];

const Groups: FC<{ id: string; title: string; name: string; rates: readonly ConsentRate[]; words?: Words }> = ({
  id,
  title,
  name,
  rates,
  words = {},
}) => {
  const { locale } = useView();
  const { large: all, small } = toldGroups(rates);
  const large = all.slice(0, groupsShown);
  const number = (value: number): string => numberFormat(locale).format(value);
  return (
    <Panel id={id} title={title}>
      {large.length === 0 ? (
        <Empty
          title={
            small === 0
              ? 'No answers.'
              : `Too few answers in one of them to tell them apart: at least ${smallestCell} each.`
          }
        />
      ) : (
        <Table label={title} columns={columns(name)}>
          {large.map((rate) => (
            <Row
              columns={columns(name)}
              cells={[
                Object.hasOwn(words, rate.key) ? (
                  words[rate.key]!
                ) : rate.key === '' ? (
                  <span class="soft">not said</span>
                ) : (
                  <Said text={rate.key} charsMax={40} />
                ),
                <ShareBar
                  label="Of the answers"
                  series={answerSeries}
                  values={[rate.granted, rate.partly, rate.refused]}
                />,
                number(rate.answers),
                <Share part={rate.granted} of={rate.answers} />,
                <Share part={rate.partly} of={rate.answers} />,
                <Share part={rate.refused} of={rate.answers} />,
                number(rate.withdrawn),
              ]}
            />
          ))}
        </Table>
      )}
      {large.length > 0 && small > 0 && (
        <p class="soft small">
          {small} more are not told apart: fewer than {smallestCell} answers each, or what would give such a one away.
        </p>
      )}
    </Panel>
  );
};
type Words = Readonly<Record<string, string>>;
const answerSeries = [
  { name: 'All accepted', look: 'first' },
  { name: 'Some', look: 'third' },
  { name: 'Refused', look: 'second' },
] as const;
const layers: Words = {
  first: 'First layer',
  preferences: 'Preferences',
  api: 'The site’s own code',
  'own-cmp': 'Another banner',
};
const actions: Words = {
  'accept-all': 'Accept all',
  'reject-all': 'Reject all',
  save: 'Save',
  close: 'Close',
  link: 'Link on the page',
};

/** What can be narrowed to: groups large enough to be told, and what is chosen now. */
const Choice: FC<{
  name: string;
  label: string;
  rates: readonly ConsentRate[];
  chosen: string | null;
  words?: Words;
}> = ({ name, label, rates, chosen, words = {} }) => {
  const keys = toldGroups(rates).large.map(({ key }) => key);
  const offered = [...(chosen !== null && !keys.includes(chosen) ? [chosen] : []), ...keys]
    .filter((key) => key !== '')
    .slice(0, groupsShown);
  return (
    <div>
      <label for={name}>{label}</label>
      <select id={name} name={name}>
        <option value="">all</option>
        {offered.map((key) => (
          <option value={key} selected={key === chosen}>
            {Object.hasOwn(words, key) ? words[key]! : key}
          </option>
        ))}
      </select>
    </div>
  );
};

export const consentPages = (house: House): Hono<Staffed> => {
  const app = new Hono<Staffed>();
  app.get('/privacy/consent', async (c) => {
    const now = house.now();
    const range = rangeOf(queryOf(c, 'from', 10), queryOf(c, 'to', 10), now);
    const only: RateFilter = {
      region: queryOf(c, 'region', 40),
      locale: queryOf(c, 'locale', 40),
      layer: queryOf(c, 'layer', 40),
    };
    const isNarrowed = Object.values(only).some((value) => value !== null);
    const all = await house.reader.consentRates(range);
    const rates = isNarrowed ? await house.reader.consentRates({ ...range, only }) : all;
    const kept = Object.entries(only)
      .map(([name, value]) => (value === null ? '' : `&${name}=${encodeURIComponent(value)}`))
      .join('');
    const { total } = rates;
    const isSmall = total.answers < smallestCell;
    const days = daysOf(rates);
    const gpc = rates.kinds.gpc ?? 0;
    return respondRoom(
      c,
      house,
      { title: 'Consent', here: '/privacy/consent' },
      <>
        <h1>Consent</h1>
        <form method="get" action="/privacy/consent" class="stack row filter">
          <Span range={range} now={now} />
          <Choice name="region" label="Region" rates={all.byRegion} chosen={only.region} />
          <Choice name="locale" label="Language" rates={all.byLocale} chosen={only.locale} />
          <Choice name="layer" label="Layer" rates={all.byLayer} chosen={only.layer} words={layers} />
          <button type="submit">Show</button>
        </form>
        <nav aria-label="Spans" class="filters">
          <ul>
            {spans.map((days_) => {
              const from = dayOf(now - (days_ - 1) * dayMs);
              return (
                <li>
                  <a
                    href={`/privacy/consent?from=${from}&to=${dayOf(now)}${kept}`}
                    aria-current={range.from === from && range.to === dayOf(now) ? 'true' : undefined}
                  >
                    {days_ === 365 ? 'A year' : `${days_} days`}
                  </a>
                </li>
              );
            })}
          </ul>
        </nav>
        {total.answers === 0 && isNarrowed ? (
          <Panel id="none" title="Answers">
            <Empty title="Nobody has answered so in these days.">
              <p>
                <a href={`/privacy/consent?from=${range.from}&to=${range.to}`}>
                  Show all regions, languages and layers
                </a>
                , or choose a longer span.
              </p>
            </Empty>
          </Panel>
        ) : total.answers === 0 ? (
          <Panel id="none" title="Answers">
            <Empty title="Nobody has answered in these days.">
              <p>
                Answers show up here as the banner’s buttons are pressed, and as <code>weft.consent.set()</code> is
                called: one count an answer, without an id. If people do see the banner, look under{' '}
                <a href="/privacy/ledger">Ledger</a> whether rows arrive, and whether the policy says{' '}
                <code>countRefusals: false</code>.
              </p>
            </Empty>
          </Panel>
        ) : isSmall ? (
          <Panel id="few" title="Answers">
            <Empty title={`Fewer than ${smallestCell} people have answered in these days.`}>
              <p>So few could be told apart. Choose a longer span.</p>
            </Empty>
          </Panel>
        ) : (
          <>
            <Figures
              figures={[
                { name: 'Answers', value: <Plain value={total.answers} /> },
                { name: 'All accepted', value: <Percent part={total.granted} of={total.answers} /> },
                { name: 'Some accepted', value: <Percent part={total.partly} of={total.answers} /> },
                { name: 'Refused', value: <Percent part={total.refused} of={total.answers} /> },
                {
                  name: 'Withdrawn, objected',
                  value: <Plain value={total.withdrawn} />,
                  note: gpc >= smallestCell ? <>acts that came with the opt-out signal: {String(gpc)}</> : null,
                },
              ]}
            />
            <Panel id="days" title="By day">
              <DayChart
                label="Answers by day"
                series={answerSeries}
                days={days.map(({ at, rate }) => ({
                  at,
                  values:
                    rate === undefined || rate.answers < smallestCell
                      ? [0, 0, 0]
                      : [rate.granted, rate.partly, rate.refused],
                }))}
              />
              {days.some(({ rate }) => rate !== undefined && rate.answers > 0 && rate.answers < smallestCell) && (
                <p class="soft small">Days with fewer than {smallestCell} answers are drawn as none.</p>
              )}
            </Panel>
            <Panel id="purposes" title="What was accepted">
              <dl class="pairs short">
                {purposes.map((purpose) => (
                  <div>
                    <dt>{purposeWords[purpose]}</dt>
                    <dd>
                      <Share part={total.purposes[purpose]} of={total.answers} />
                    </dd>
                  </div>
                ))}
              </dl>
            </Panel>
            {only.region === null && <Groups id="regions" title="By region" name="Region" rates={rates.byRegion} />}
            {only.locale === null && <Groups id="locales" title="By language" name="Language" rates={rates.byLocale} />}
            {only.layer === null && (
              <Groups id="layers" title="By layer" name="Layer" rates={rates.byLayer} words={layers} />
            )}
            <Groups id="actions" title="By button" name="Button" rates={rates.byAction} words={actions} />
            <Groups id="policies" title="By policy" name="Version" rates={rates.byPolicy} />
          </>
        )}
      </>,
    );
  });
  return app;
};

const Plain: FC<{ value: number }> = ({ value }) => <>{numberFormat(useView().locale).format(value)}</>;
const Percent: FC<{ part: number; of: number }> = ({ part, of }) => (
  <>{numberFormat(useView().locale, { style: 'percent', maximumFractionDigits: 0 }).format(part / of)}</>
);
