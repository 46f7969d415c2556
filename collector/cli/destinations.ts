// `weft destinations`: where recipients of the consent file hear of erasures. The file names them and is public; addresses and
// the secrets that sign what is posted stand in the store.

import { newWebhookSecret } from '../consent/rights/notices.js';
import { refusedUrl } from '../jobs/post.js';
import { placeOf, readerOf, withStore } from './data.js';
import { type Ending, Failure } from './failure.js';
import { columns, type Out } from './say.js';

export interface DestinationsAsked {
  json?: boolean;
}
export interface SetDestinationAsked extends DestinationsAsked {
  url: string;
  identities: string;
}

interface Row {
  name: string;
  url: string;
  identities: string;
  created_at: number;
}

export const listDestinations = async ({ json }: DestinationsAsked, out: Out): Promise<Ending> => {
  const store = readerOf(placeOf());
  try {
    const rows = store
      .prepare<Row>('SELECT name, url, identities, created_at FROM destinations WHERE revoked_at IS NULL ORDER BY name')
      .all();
    const shown = rows.map(({ created_at: at, ...row }) => ({ ...row, createdAt: new Date(at).toISOString() }));
    if (json) out.tell(JSON.stringify({ destinations: shown }));
    else if (shown.length === 0)
      out.tell(
        'There are no destinations: who received data must be told of erasures by hand. `weft destinations set` makes one.',
      );
    else out.tell(columns(shown.map((row) => [row.name, `${row.url} (${row.identities})`])));
    return 'done';
  } finally {
    store.close();
  }
};

export const setDestination = async (name: string, asked: SetDestinationAsked, out: Out): Promise<Ending> => {
  if (!/^[\w.-]{1,64}$/.test(name))
    throw new Failure(
      'usage',
      'A name is 1 to 64 letters, digits, dots and dashes.',
      'Take the one of `erasureWebhook`.',
    );
  if (asked.identities !== 'raw' && asked.identities !== 'sha256')
    throw new Failure('usage', '--identities is raw or sha256.', 'Ask the recipient how it finds a person.');
  const { webhooks } = placeOf().config;
  const refused = refusedUrl(asked.url, webhooks);
  if (refused !== null)
    throw new Failure(
      'usage',
      refused === 'not_https'
        ? 'The address is not https.'
        : refused === 'not_public'
          ? 'The address is not public.'
          : '--url is no address.',
      'Give an https address that is reachable from here; WEFT_WEBHOOKS=loopback or private allows more.',
    );
  const secret = newWebhookSecret();
  withStore(placeOf(), 'weft destinations', (store) =>
    store
      .prepare(
        `INSERT INTO destinations (name, url, identities, secret, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET url = excluded.url, identities = excluded.identities, secret = excluded.secret,
           created_at = excluded.created_at, revoked_at = NULL`,
      )
      .run(name, asked.url, asked.identities, secret, Date.now()),
  );
  if (asked.json) out.tell(JSON.stringify({ name, url: asked.url, identities: asked.identities, secret }));
  else {
    out.tell(secret);
    out.note('Give it to the recipient: it proves that a notice comes from here. It is not shown again.');
  }
  return 'done';
};

export const removeDestination = async (name: string, { json }: DestinationsAsked, out: Out): Promise<Ending> => {
  const { changes } = withStore(placeOf(), 'weft destinations', (store) =>
    store.prepare('UPDATE destinations SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL').run(Date.now(), name),
  );
  if (changes === 0)
    throw new Failure('refused', 'There is no destination of this name.', '`weft destinations list` shows them.');
  if (json) out.tell(JSON.stringify({ name }));
  else out.tell(`${name} is removed.`);
  return 'done';
};
