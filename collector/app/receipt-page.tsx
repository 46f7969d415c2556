// The page of one receipt: the banner as it was shown, each field of the row in plain words, its place in the chain. It can
// be read without any script: the banner then stands there as text, its words held against the hash of the row by the
// collector. With one, the banner itself is drawn by the code that drew it, and the browser holds its words against it too.

import type { FC, PropsWithChildren } from 'hono/jsx';
import { type ShownDocument, type ShownLine, shownLayer } from '../consent/ledger/shown-layer.js';
import { type RegionRule, regionOf } from '../consent/policy/region.js';
import type { ReceiptProof } from '../contract/proofs.js';

/** JSX escapes text; inside a script element nothing may look like its end. */
const dataOf = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const Frame: FC<PropsWithChildren<{ title: string; script?: boolean }>> = ({ title, script = false, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex" />
      <title>{title}</title>
      <link rel="stylesheet" href="/receipts/receipt.css" />
      {script && <script type="module" src="/receipts/receipt.js" />}
    </head>
    <body>
      <main>{children}</main>
    </body>
  </html>
);

const Instant: FC<{ at: string }> = ({ at }) => (
  <time datetime={at}>{at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time>
);

const states: Readonly<Record<ReceiptProof['state'], string>> = {
  valid: 'Valid: it stands as it was given.',
  superseded: 'Superseded: a later answer of the same device has taken its place.',
  withdrawn: 'Withdrawn: what it granted was taken back.',
  expired: 'Expired: its time has run out, and nothing is granted by it any more.',
  erased: 'Erased: the person was forgotten. The row proves that an answer was given, and leads to nobody.',
  refusal: 'A refusal: it grants nothing.',
};

const kinds: Readonly<Record<string, string>> = {
  grant: 'an answer that grants something',
  refuse: 'a refusal',
  update: 'an answer that changes an earlier one',
  withdraw: 'a withdrawal',
  import: 'an answer given earlier, to another consent tool or on another host of the site',
  object: 'an objection',
  erase: 'a request to be forgotten',
  'region-default': 'no answer: what holds in the region until there is one',
  'account-sync': 'the answer kept with an account, taken over at a login',
};

const layers: Readonly<Record<string, string>> = {
  first: 'the first layer of the banner',
  preferences: 'the preferences',
  api: 'a call of the page',
  'own-cmp': 'the site’s own consent tool',
  account: 'the account of who was logged in',
  transfer: 'a link from another host of the site, which handed the answer on',
};
const actions: Readonly<Record<string, string>> = {
  'accept-all': 'the button that accepts all',
  'reject-all': 'the button that rejects all',
  save: 'the button that saves a choice',
  close: 'the button that closes',
  link: 'the link “Do not sell or share”',
};
const hows: Readonly<Record<string, string>> = {
  page: 'the page said so',
  cdn: 'the network in front of the site said so',
  geoip: 'looked up from the address in memory, which was not kept',
  unknown: 'not known, so the strictest rule held',
};
const ages: Readonly<Record<string, string>> = {
  none: 'not asked',
  passed: 'the age gate was passed',
  minor: 'declared under age: nothing is granted',
  guardian: 'a guardian agreed',
};

const said = (words: Readonly<Record<string, string>>, value: unknown): string =>
  typeof value === 'string' ? (words[value] ?? value) : 'not told';
const text = (value: unknown): string =>
  value === null || value === undefined || value === '' ? 'not told' : String(value);

const Fact: FC<PropsWithChildren<{ name: string; why: string }>> = ({ name, why, children }) => (
  <div class="fact">
    <dt>{name}</dt>
    <dd>
      <p>{children}</p>
      <p class="why">{why}</p>
    </dd>
  </div>
);

/** The words that a purpose was asked under, beside its name; the name alone where they were not kept. */
const Purpose: FC<{ proof: ReceiptProof; id: string }> = ({ proof, id }) => {
  const { purposes } = (proof.shown?.texts ?? {}) as { purposes?: Record<string, { title?: unknown } | undefined> };
  const title = purposes !== undefined && Object.hasOwn(purposes, id) ? purposes[id]?.title : undefined;
  return typeof title === 'string' ? (
    <>
      <span lang={String(proof.text?.locale)} dir="auto">
        {title}
      </span>{' '}
      <code>{id}</code>
    </>
  ) : (
    <span>{id}</span>
  );
};

const Line: FC<{ line: ShownLine }> = ({ line }) => {
  switch (line.kind) {
    case 'title':
      return <h3>{line.text}</h3>;
    case 'heading':
      return <h4>{line.text}</h4>;
    case 'purpose':
      return (
        <h4>
          {line.text}
          {line.on !== null && (
            <span class="switch" lang="en" dir="ltr">
              switch {line.on ? 'on' : 'off'}
            </span>
          )}
        </h4>
      );
    case 'button':
      return <span class="button">{line.text}</span>;
    case 'term':
      return (
        <p class="why">
          {line.text}: {line.values.join(' ')}
        </p>
      );
    default:
      return <p class={line.kind === 'note' ? 'why' : undefined}>{line.text}</p>;
  }
};

/** In place of the banner: what was pressed cannot be pressed again. */
const Layer: FC<{ lines: readonly ShownLine[]; locale: string; isPreferences: boolean }> = ({
  lines,
  locale,
  isPreferences,
}) => (
  <details id="words" open>
    <summary>
      {isPreferences ? 'The preferences' : 'The banner'} as text, with the buttons in their order
      {isPreferences && ' and the switches as they were left'}
    </summary>
    <div class="layer" lang={locale} dir="auto">
      {lines.map((line) => (
        <Line line={line} />
      ))}
    </div>
  </details>
);

const Shown: FC<{ proof: ReceiptProof; replayUrl: string | null }> = ({ proof, replayUrl }) => {
  const { shown, ui } = proof;
  const layer = ui?.layer ?? 'first';
  const locale = proof.text?.locale;
  if (layer === 'own-cmp' || layer === 'api')
    return (
      <p class="empty">
        The answer came through the site’s own consent tool or a call of the page, so no banner of this collector was
        shown. Its text hash, if there is one, can be held against what that tool keeps.
      </p>
    );
  if (layer !== 'first' && layer !== 'preferences')
    return <p class="empty">The answer came with {said(layers, layer)}, so no banner was shown for it.</p>;
  if (shown === null) return <p class="empty">The row names a policy that this collector never had.</p>;
  if (shown.texts === null || typeof locale !== 'string')
    return <p class="empty">The row does not say in which language it was asked.</p>;
  const document = shown.document as ShownDocument & { regions?: RegionRule[] };
  const replay = {
    document,
    texts: shown.texts,
    locale,
    layer,
    region: regionOf(document.regions ?? [], proof.jurisdiction.code),
    gpc: proof.gpc.js === true || proof.gpc.header === true,
    decisions: Object.fromEntries(proof.decisions.map((one) => [one.purpose, one.value === 'granted'])),
    variant: typeof ui?.variant === 'string' ? ui.variant : '',
  } as const;
  const { lines, sha256 } = shownLayer(replay);
  const told = typeof proof.text?.sha256 === 'string' ? proof.text.sha256 : null;
  return (
    <>
      <div id="banner" data-replay={replayUrl ?? ''} data-hash={told ?? ''} />
      <p id="match" class={told === null ? 'match' : told === sha256 ? 'match yes' : 'match no'} role="status">
        {told === null ? (
          'The row has no hash of the words: browsers offer none without https.'
        ) : told === sha256 ? (
          <>
            ✓ The words below have the hash of the row, <code>{told}</code>.
          </>
        ) : (
          <>
            ✗ The words below have the hash <code>{sha256}</code>; the row’s is <code>{told}</code>. What was shown was
            another.
          </>
        )}
      </p>
      <script type="application/json" id="replay" dangerouslySetInnerHTML={{ __html: dataOf(replay) }} />
      <Layer lines={lines} locale={locale} isPreferences={layer === 'preferences'} />
    </>
  );
};

export const receiptPage = (proof: ReceiptProof, replayUrl: string | null) => {
  const { chain } = proof;
  return (
    <Frame title={`Receipt ${proof.receipt}`} script>
      <h1>Receipt of a consent</h1>
      <p class="receipt">
        <code>{proof.receipt}</code>
      </p>
      <p class={`state ${proof.state}`}>
        <strong>{states[proof.state]}</strong>
        {proof.stateAt !== null && (
          <>
            {' '}
            Since <Instant at={proof.stateAt} />.
          </>
        )}
        {proof.supersededBy !== null && (
          <>
            {' '}
            Followed by <a href={`/v1/receipts/${proof.supersededBy.receipt}`}>row {String(proof.supersededBy.seq)}</a>.
          </>
        )}
      </p>

      <h2>What was decided</h2>
      <figure class="wide" tabindex={0} aria-label="What was decided">
        <table>
          <thead>
            <tr>
              <th scope="col">Purpose</th>
              <th scope="col">Answer</th>
              <th scope="col">By</th>
              <th scope="col">Basis</th>
              <th scope="col">Now</th>
              <th scope="col">Terms</th>
            </tr>
          </thead>
          <tbody>
            {proof.decisions.map((one) => (
              <tr>
                <th scope="row">
                  <Purpose proof={proof} id={one.purpose} />
                </th>
                <td data-name="Answer">{one.carried ? `${one.value} (earlier, still so)` : one.value}</td>
                <td data-name="By">{text(one.source)}</td>
                <td data-name="Basis">{text(one.basis)}</td>
                <td data-name="Now">{one.stands ? 'stands' : 'does not permit anything'}</td>
                <td data-name="Terms">
                  <code>{one.materialHash === null ? 'not told' : one.materialHash.slice(0, 12)}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </figure>

      <h2>What was shown</h2>
      <Shown proof={proof} replayUrl={replayUrl} />

      <h2>What the row says</h2>
      <dl>
        <Fact name="Kind" why="Which act this row is the proof of.">
          {said(kinds, proof.kind)}
        </Fact>
        <Fact name="Time" why="The collector’s clock is the authority; the device’s own is kept beside it.">
          <Instant at={proof.at} />
          {proof.clientAt !== null && (
            <>
              ; by the device <Instant at={proof.clientAt} />
            </>
          )}
        </Fact>
        <Fact name="Ends" why="After that nothing is granted by it, and the page asks again.">
          <Instant at={proof.expiresAt} />
        </Fact>
        <Fact name="Where it was answered" why="Which layer of which banner, and which button.">
          {said(layers, proof.ui?.layer)}, {said(actions, proof.ui?.action)}
          {proof.ui?.variant !== undefined && `, variant ${String(proof.ui.variant)}`}
        </Fact>
        <Fact name="Language and words" why="SHA-256 over every string shown, buttons included, in their order.">
          {text(proof.text?.locale)}, <code>{text(proof.text?.sha256)}</code>
        </Fact>
        <Fact name="Policy" why="The consent file that was in force. Each is kept whole, by its hash.">
          version {text(proof.policy.version)}, <code>{text(proof.policy.configHash)}</code>
          {!proof.policy.known && ' (none this collector had)'}
        </Fact>
        <Fact name="Region" why="It decides whether something holds before anybody answers.">
          {text(proof.jurisdiction.code)}, {text(proof.jurisdiction.model)}; {said(hows, proof.jurisdiction.how)}
        </Fact>
        <Fact name="Opt-out signal" why="Global Privacy Control, as the request carried it and as the page saw it.">
          request: {proof.gpc.header === true ? 'on' : 'off'}, page: {proof.gpc.js === true ? 'on' : 'off or not told'}
          {proof.gpc.ack === true && '; the person was told of it and decided otherwise'}
        </Fact>
        <Fact name="Age" why="Only what the page was told; no age is guessed.">
          {said(ages, proof.age?.gate)}
        </Fact>
        <Fact name="Device" why="A keyed hash under a salt of its own, which is destroyed with the person.">
          {proof.subject === 'linked'
            ? 'linked to one device'
            : proof.subject === 'erased'
              ? 'leads to nobody any more'
              : 'no device: nothing lasting was granted'}
        </Fact>
        <Fact name="Site and programs" why="Scheme and host of the page, the version of the script, the consent tool.">
          {text(proof.origin)}; script {proof.sdkVersion ?? 'of a version that did not come with this row'}; tool{' '}
          {text(proof.cmp?.name)}
        </Fact>
        <Fact name="Earlier receipt" why="The answer of the same device that this one follows.">
          {proof.supersedes === null ? (
            'none'
          ) : (
            <a href={`/v1/receipts/${proof.supersedes}`}>
              <code>{proof.supersedes}</code>
            </a>
          )}
        </Fact>
      </dl>
      <p class="why">Not in the row, and never were: an address, a user agent, the page’s address, an e-mail.</p>

      <h2>Its place in the chain</h2>
      <p class={chain.fits ? 'match yes' : 'match no'}>
        {chain.fits
          ? `✓ Row ${chain.seq}: its hash is what it says, after the row before it.`
          : `✗ Row ${chain.seq} is not what it was when it was written, or does not follow the row before it.`}
      </p>
      <dl>
        <Fact name="Row before" why="Its hash goes into this one’s.">
          <code>{chain.prevHash}</code>
        </Fact>
        <Fact name={`Row ${chain.seq}`} why="SHA-256 over the hash before it and the canonical JSON of every field.">
          <code>{chain.hash}</code>
        </Fact>
        <Fact name="Row after" why="It holds this row’s hash: whoever changes this row must change all that follow.">
          {chain.next === null ? 'none yet: this is the last row' : <code>{chain.next.hash}</code>}
        </Fact>
        <Fact
          name="Signature"
          why="Heads are signed once a day (Ed25519). The export holds rows, signatures and public keys."
        >
          {chain.signed === null ? (
            'not covered yet: the next head is signed within a day'
          ) : (
            <>
              row {String(chain.signed.seq)} was signed <Instant at={chain.signed.at} /> by the key{' '}
              <code>{chain.signed.key}</code>
              {chain.signed.rowsBetween === 0 ? ', which is this row' : `, ${chain.signed.rowsBetween} rows later`}
            </>
          )}
        </Fact>
      </dl>
    </Frame>
  );
};

export const noReceiptPage = () => (
  <Frame title="No such receipt">
    <h1>No such receipt</h1>
    <p>The ledger has no receipt of this name.</p>
    <p>
      A receipt has 22 characters. It stands in the privacy choices of the site it was given to; a refusal has none. It
      may also be older than the site keeps its ledger.
    </p>
  </Frame>
);
