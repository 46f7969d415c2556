// Whether choices follow an account (`decision.scope`), and the fetching of what brings them here: once somebody is named
// with a proof, or while the device lives by an account's choices. Who was named is told to it again.

import { fetched } from '../browser/chunk.js';
import { cookiesNow } from '../browser/cookie.js';
import { type Stop, together } from '../browser/listen.js';
import type { Client, Source } from '../client.js';
import type { PageEvent } from '../event/wire.js';

const isSetAside = () => /_aside=/.test(cookiesNow());

export const following: Source = (client) => {
  const { base, config, named } = client.consent.state();
  if (config.decision?.scope !== 'account') return;
  let loading: Promise<Stop | undefined> | undefined;
  const follow = (event?: PageEvent) => {
    loading ??= fetched('account', base).then(({ start }) => (start as Source)(client) as Stop | undefined);
    return loading.then(
      () => client.tell('user', [event]),
      (error) => client.tell('error', error),
    );
  };
  // Named before this was here; or nobody, on a device that lives by somebody's choices.
  if (named ?? isSetAside()) follow(named);
  const { logout, reset } = client;
  // Somebody may have logged in in another tab: what they leave must be put away here too.
  const out =
    (name: 'logout' | 'reset', leaves: Client['logout']): Client['logout'] =>
    (how) => {
      if (loading || !isSetAside()) return leaves(how);
      void follow().then(() => (client[name] as Client['logout'])(how));
    };
  client.logout = out('logout', logout);
  client.reset = out('reset', reset);
  return together(
    // An event, or what became of one; whatever else is told is none, and throws where nobody hears it.
    client.on('', (detail: PageEvent & { event: never }) => {
      const event: PageEvent = detail.context ? detail : detail.event;
      if (event.context.identityProof) follow(event);
    }),
    () => {
      client.logout = logout;
      client.reset = reset;
      void loading?.then((stop) => stop?.());
    },
  );
};
