// One person's page: who, what they did on which device, what lies in their carts, what is known of them and from whom,
// and why all of it is one person.

import type { Child, FC } from 'hono/jsx';
import { personPath } from '../people/people.js';
import { Carts, Orders } from './goods.js';
import { Head } from './head.js';
import { acting, Suggestions, Why } from './joined.js';
import { Identifiers, Traits } from './known.js';
import type { PersonRead } from './read.js';
import { threadsOf } from './timeline.js';
import { Timeline } from './visits.js';

export const PersonPage: FC<{ read: PersonRead; isOlder: boolean; mayAct: boolean }> = ({ read, isOlder, mayAct }) => {
  const { profile } = read;
  const threads = threadsOf(
    profile.identifiers
      .filter((identifier) => identifier.type === 'anonymous_id')
      .sort((a, b) => Date.parse(a.firstSeenAt) - Date.parse(b.firstSeenAt))
      .map((identifier) => identifier.value),
  );
  const sections: [id: string, name: string, Child][] = [
    ['timeline', 'Timeline', true],
    ['carts', 'Carts', true],
    ['orders', 'Orders', read.orders.items.length > 0],
    ['traits', 'Traits', true],
    ['identifiers', 'Identifiers', true],
    ['why', 'Why one person', true],
    ['suggestions', 'Perhaps the same', read.suggestions.length > 0],
  ];
  return (
    <acting.Provider value={mayAct}>
      <Head profile={profile} />
      <nav class="jump" aria-label="On this page">
        <ul>
          {sections
            .filter(([, , shown]) => shown)
            .map(([id, name]) => (
              <li>
                <a href={`#${id}`}>{name}</a>
              </li>
            ))}
        </ul>
      </nav>
      <div class="person-body">
        <div class="person-main">
          <Timeline read={read} isOlder={isOlder} threads={threads} />
        </div>
        <div class="person-side">
          <Carts carts={read.carts} orders={read.orders} />
          <div>
            <Orders orders={read.orders} />
          </div>
          <Why read={read} />
          <div>
            <Suggestions read={read} />
          </div>
          <Traits traits={profile.traits} />
          <Identifiers
            spellings={profile.spellings ?? []}
            claims={profile.claims ?? []}
            identifiers={profile.identifiers}
            threads={threads}
          />
          {mayAct && (
            <section class="panel" aria-labelledby="acts-title">
              <div class="panel-head">
                <h2 id="acts-title">What you can do</h2>
              </div>
              <ul class="acts">
                <li>
                  <a href={`${personPath(profile.id)}/profile.json`}>The profile as JSON</a>
                </li>
                <li>
                  <a class="danger" href={`${personPath(profile.id)}/erase`}>
                    Erase this person…
                  </a>
                </li>
              </ul>
            </section>
          )}
        </div>
      </div>
    </acting.Provider>
  );
};
