// The head of a person's page: who, since when, what for, and what came of it.

import type { FC } from 'hono/jsx';
import type { Profile } from '../../contract/profile.js';
import { purposes } from '../../contract/purposes.js';
import { Badge } from '../kit/badge.js';
import { type Figure, Figures } from '../kit/panel.js';
import { legible, Said } from '../kit/said.js';
import { Time } from '../kit/time.js';
import { counted, numberFormat, useView } from '../kit/view.js';
import { Revenue } from '../money.js';
import { callProfile, consentWords, lifecycleWord, purposeWords, typeWord } from '../words/person.js';
import { onDevice } from '../words/visit.js';

const Consent: FC<{ consent: Profile['consent'] }> = ({ consent }) => (
  <ul class="chips" aria-label="Consent">
    {purposes.map((purpose) => {
      const given = Object.hasOwn(consent, purpose) ? consent[purpose]! : null;
      const { word, tone } = consentWords[given?.value ?? 'unset'] ?? {
        word: legible(given?.value ?? '', 40),
        tone: 'plain' as const,
      };
      return (
        <li title={given === null ? undefined : `said by ${legible(given.source, 40)}`}>
          {purposeWords[purpose]} <Badge tone={tone}>{word}</Badge>
        </li>
      );
    })}
  </ul>
);

export const Head: FC<{ profile: Profile }> = ({ profile }) => {
  const { locale } = useView();
  const { counts, lastSession } = profile;
  const lastOn = lastSession === null ? null : onDevice(lastSession.device);
  const life = profile.lifecycle === null ? null : lifecycleWord(profile.lifecycle);
  const number = (value: number): string => numberFormat(locale).format(value);
  const contacts = profile.identifiers.filter((identifier) => identifier.type !== 'anonymous_id').slice(0, 4);
  const devices = profile.identifiers.filter((identifier) => identifier.type === 'anonymous_id').length;
  const figures: Figure[] = [
    { name: 'Revenue, less refunds', value: <Revenue revenue={profile.revenue} /> },
    { name: 'Orders', value: number(counts.orders) },
    { name: 'Visits', value: number(counts.sessions), note: counted(counts.pageViews, 'page', locale) },
    { name: 'Products seen', value: number(counts.productViews), note: `${number(counts.cartAdds)} put in a cart` },
    { name: 'Carts open', value: number(counts.cartsOpen) },
    {
      name: 'Carts abandoned',
      value: number(counts.cartsAbandoned),
      note: counts.cartsAbandoned === 0 ? null : `${number(counts.cartsRecovered)} recovered`,
    },
  ];
  return (
    <header class="person-head">
      <div class="head">
        <h1>
          <Said text={callProfile(profile)} charsMax={80} />
        </h1>
        {life !== null && <Badge tone={life.tone}>{life.word}</Badge>}
      </div>
      <p class="soft">
        {contacts.map(({ type, value }) => (
          <>
            {typeWord(type)} <Said text={value} charsMax={80} />
            {' · '}
          </>
        ))}
        {counted(devices, 'device', locale)}
      </p>
      <p class="soft">
        {profile.lastSeenAt !== null && (
          <>
            Last seen <Time at={profile.lastSeenAt} as="ago" />
            {lastOn !== null && ` on ${lastOn}`}
          </>
        )}
        {profile.firstSeenAt !== null && (
          <>
            , first seen <Time at={profile.firstSeenAt} />
          </>
        )}
      </p>
      <Consent consent={profile.consent} />
      <Figures figures={figures} />
    </header>
  );
};
