// The consent policy in the privacy room: which is in force and which were, and the way to another: change it, see what is
// wrong, whom it asks again and how it looks, and only then publish. Nothing changes before the last step.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { narrowedIn, withCompatible } from '../../../consent/policy/compatible.js';
import { type Comparison, comparePolicies, recipientAdvice, shareText } from '../../../consent/policy/diff.js';
import { lint, noticeOf, noticeTable } from '../../../consent/policy/lint.js';
import type { LivePolicy } from '../../../consent/policy/live.js';
import type { Policy, Source } from '../../../consent/policy/policy.js';
import { documentMaxBytes, type Finding } from '../../../consent/policy/read.js';
import type { Release } from '../../../consent/policy/releases.js';
import { iso } from '../../../contract/instant.js';
import { assets } from '../../assets.js';
import {
  type House,
  ownForm,
  queryOf,
  respondTrouble,
  type StaffContext,
  type Staffed,
  staffOf,
  tokenOf,
} from '../../frame.js';
import { Badge } from '../../kit/badge.js';
import { Act, Code, Confirm, Empty, Notice, Panel } from '../../kit/panel.js';
import { Said } from '../../kit/said.js';
import { type Column, Row, Table } from '../../kit/table.js';
import { Time } from '../../kit/time.js';
import { respondRoom } from '../room.js';
import { fieldsIn, onlyInText, starter, withFields } from './edit.js';

export interface PolicyRoom {
  live: LivePolicy;
  /** Address of the chunk that draws a banner again; null where it is not built. */
  replayScript: () => string | null;
}

const here = '/privacy/policy';
const causes: Readonly<Record<Release['how'], string>> = {
  shipped: 'ships with Weft',
  start: 'its file, at a start',
  file: 'its file changed',
  editor: 'published here',
};
const listed = (names: readonly string[]): string => names.join(', ');
/** Linting draws colours and reads every language: once a policy, not once a look. */
const linted = new WeakMap<Source, readonly Finding[]>();
/** What is in force and should not ship. */
export const findingsOf = (live: LivePolicy): readonly Finding[] => {
  const { source } = live.current();
  const findings = linted.get(source) ?? lint(source, [], live.around).findings;
  linted.set(source, findings);
  return findings;
};

const Findings: FC<{ findings: readonly Finding[] }> = ({ findings }) => (
  <ul class="findings">
    {findings.slice(0, 100).map((finding) => (
      <li>
        <Badge tone={finding.severity === 'error' ? 'bad' : 'warn'}>
          {finding.severity === 'error' ? 'Error' : 'To be looked at'}
        </Badge>{' '}
        {finding.file !== undefined && (
          <>
            <Said text={finding.file} mono />{' '}
          </>
        )}
        {finding.path !== '' && (
          <>
            <Said text={finding.path} mono />{' '}
          </>
        )}
        {finding.line !== null && (
          <span class="soft">
            line {finding.line}, column {finding.column}:{' '}
          </span>
        )}
        <Said text={finding.reason} charsMax={400} />. <span class="soft">{finding.next}</span>
      </li>
    ))}
  </ul>
);

const Changes: FC<{ comparison: Comparison }> = ({ comparison }) => {
  const changed = comparison.purposes.filter(({ kind }) => kind !== 'same');
  return (
    <>
      {changed.length > 0 && (
        <ul class="findings">
          {changed.map(({ purpose, what, reasks, holders }) => (
            <li data-purpose={purpose} data-reasks={reasks ? 'yes' : 'no'}>
              <Badge tone={reasks ? 'warn' : 'good'}>{reasks ? 'Asked again' : 'Not asked'}</Badge> <b>{purpose}</b>:{' '}
              <Said text={what.join('; ')} charsMax={400} />
              {reasks && (
                <>
                  . This change re-asks {purpose} for {shareText(holders, comparison.holders)}
                </>
              )}
              .
            </li>
          ))}
        </ul>
      )}
      {comparison.recipients.length > 0 && (
        <ul class="findings" id="recipients-changed">
          {comparison.recipients.map((what) => (
            <li>
              <Badge tone="warn">To be looked at</Badge> <Said text={what} charsMax={400} />, and nobody is asked.{' '}
              <span class="soft">{recipientAdvice}</span>
            </li>
          ))}
        </ul>
      )}
      {comparison.reasked.length === 0 && <p id="nobody-asked">Nobody is asked anything again.</p>}
      {(comparison.words || comparison.others.length > 0) && (
        <p class="soft">
          Also different, and asking nobody:{' '}
          {[...(comparison.words ? ['the words'] : []), ...comparison.others].join(', ')}.
        </p>
      )}
    </>
  );
};

const releaseColumns: readonly Column[] = [
  { name: 'Version' },
  { name: 'In force since' },
  { name: 'How' },
  { name: 'Asked again' },
  { name: 'Do' },
];

const Releases: FC<{ releases: readonly Release[]; inForce: string }> = ({ releases, inForce }) => (
  <Table label="Policies that were in force" columns={releaseColumns}>
    {releases.map((one, index) => (
      <Row
        columns={releaseColumns}
        cells={[
          <>
            <Said text={one.version} charsMax={100} />{' '}
            {index === 0 && one.configHash === inForce && <Badge tone="good">in force</Badge>}
          </>,
          <Time at={iso(one.at)} as="day" />,
          <>
            {causes[one.how]}
            {one.how === 'editor' && (
              <span class="soft">
                {' '}
                by <Said text={one.by} charsMax={60} mono />
              </span>
            )}
          </>,
          one.reasked.length === 0 ? (
            <span class="soft">nothing</span>
          ) : (
            one.reasked.map(({ purpose, holders }) => `${purpose}: ${shareText(holders, one.holders)}`).join('; ')
          ),
          <>
            <a href={`/consent/config/${one.configHash}.json`}>Read</a>
            {' · '}
            <a href={`${here}/edit?from=${one.configHash}`}>Begin with it…</a>
          </>,
        ]}
      />
    ))}
  </Table>
);

const Forms: FC<{ text: string; over: string; csrf: string }> = ({ text, over, csrf }) => {
  const groups = fieldsIn(text);
  return (
    <>
      {groups.length > 0 && (
        <Panel id="fields" title="The common keys">
          <Act action={`${here}/review`} csrf={csrf} class="keys">
            <input type="hidden" name="text" value={text} />
            <input type="hidden" name="over" value={over} />
            {groups.map(({ title, fields }) => (
              <fieldset>
                <legend>{title}</legend>
                {fields.map(({ name, label, note, value, options }) => (
                  <div class="key">
                    <label for={`f-${name}`}>{label}</label>
                    {options === undefined ? (
                      <input
                        id={`f-${name}`}
                        name={`f.${name}`}
                        value={value}
                        maxlength={2000}
                        autocomplete="off"
                        spellcheck={false}
                        aria-describedby={note === '' ? undefined : `n-${name}`}
                      />
                    ) : (
                      <select id={`f-${name}`} name={`f.${name}`}>
                        {['', ...options].map((option) => (
                          <option value={option} selected={option === value}>
                            {option === '' ? 'as it ships' : option}
                          </option>
                        ))}
                      </select>
                    )}
                    {note !== '' && (
                      <p id={`n-${name}`} class="soft small">
                        {note}
                      </p>
                    )}
                  </div>
                ))}
              </fieldset>
            ))}
            <div class="buttons">
              <button type="submit">Look at the change</button>
            </div>
          </Act>
        </Panel>
      )}
      <Panel id="raw" title="The file itself">
        <Act action={`${here}/review`} csrf={csrf} class="keys">
          <input type="hidden" name="over" value={over} />
          <label for="text">
            JSON. <a href="/consent.schema.json">Its schema</a> says what may stand in it. Changed here only:{' '}
            {onlyInText().join(', ')}.
          </label>
          <textarea id="text" name="text" rows={24} spellcheck={false} autocomplete="off" class="mono">
            {`\n${text}`}
          </textarea>
          <div class="buttons">
            <button type="submit">Look at the change</button>
          </div>
        </Act>
      </Panel>
    </>
  );
};

/** What is asked and under which terms, in the words of visitors; and the same for the privacy notice. */
const Terms: FC<{ policy: Policy }> = ({ policy }) => {
  const language = String((policy.document.locales as { default?: unknown }).default ?? 'en');
  const { head, nobody, rows } = noticeOf(policy, language);
  const columns: readonly Column[] = ['Purpose', ...head].map((name) => ({ name }));
  return (
    <>
      <div lang={language} dir="auto">
        <Table label="What is asked, and under which terms" columns={columns}>
          {rows.map(({ title, body, basis, data, days, recipients }) => (
            <Row
              columns={columns}
              cells={[
                <>
                  {title !== null && (
                    <b>
                      <Said text={title} charsMax={80} />
                    </b>
                  )}{' '}
                  <Said text={body} charsMax={400} />
                </>,
                <Said text={basis} charsMax={80} />,
                <Said text={data} charsMax={300} />,
                String(days),
                recipients.length === 0 ? (
                  nobody
                ) : (
                  <ul class="plain-list">
                    {recipients.map(({ name, says }) => (
                      <li>
                        <Said text={name} charsMax={80} />{' '}
                        {says !== '' && (
                          <span class="soft">
                            <Said text={says} charsMax={80} />
                          </span>
                        )}
                      </li>
                    ))}
                  </ul>
                ),
              ]}
            />
          ))}
        </Table>
      </div>
      <details class="more">
        <summary>This table for your privacy notice, in Markdown</summary>
        <Code label="Table for the privacy notice" text={noticeTable(policy, language)} />
        <p class="soft small">Engineering guidance, not legal advice.</p>
      </details>
    </>
  );
};

const Preview: FC<{ text: string; csrf: string; policy: Policy }> = ({ text, csrf, policy }) => (
  <Panel id="preview" title="How it looks">
    <form method="post" action={`${here}/preview`} target="preview-frame" class="filters" data-submit="">
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="text" value={text} />
      <label for="locale">Language</label>
      <select id="locale" name="locale">
        {Object.keys(policy.locales).map((language) => (
          <option value={language} selected={language === (policy.document.locales as { default?: string }).default}>
            {language}
          </option>
        ))}
      </select>
      <label for="layer">Layer</label>
      <select id="layer" name="layer">
        <option value="first">first</option>
        <option value="preferences">preferences</option>
        <option value="link">link of an opt-out region</option>
      </select>
      <button type="submit">Show</button>
    </form>
    <iframe name="preview-frame" title="The banner as a visitor sees it" class="preview" />
  </Panel>
);

const scenes: Readonly<Record<string, { layer: string; region: object }>> = {
  first: { layer: 'first', region: { code: null, model: 'opt-in', ui: 'banner', gpcStatus: false } },
  preferences: { layer: 'preferences', region: { code: null, model: 'opt-in', ui: 'banner', gpcStatus: false } },
  link: { layer: 'first', region: { code: null, model: 'opt-out', ui: 'link', gpcStatus: true } },
};

/** Inside a script element: what would end it is written otherwise. */
const inScript = (value: unknown): string => JSON.stringify(value).replace(/</g, '\\u003c');

export const policyPages = (house: House, { live, replayScript }: PolicyRoom): Hono<Staffed> => {
  const app = new Hono<Staffed>();

  const staleForm = (c: StaffContext): Response =>
    respondTrouble(c, house, {
      status: 403,
      title: 'This form is no longer valid',
      words: 'It was open too long, or it came from somewhere else. Nothing was changed.',
      step: <a href={`${here}/edit`}>Open the policy again</a>,
    });

  app.get(here, async (c) => {
    const { policy } = live.current();
    const releases = await house.reader.policies(50);
    const trouble = live.trouble();
    const findings = findingsOf(live);
    const published = queryOf(c, 'published') !== null;
    return respondRoom(
      c,
      house,
      {
        title: 'Policy',
        here,
        notice: published ? (
          <Notice tone="good">
            <p>It is in force. Pages that are open learn of it with their next configuration, within five minutes.</p>
          </Notice>
        ) : undefined,
      },
      <>
        <h1>Consent policy</h1>
        {trouble.length > 0 && (
          <Notice tone="bad">
            <p>
              The consent file on disk is refused, and the last good policy stays in force. Mend the file: it is looked
              at again at once.
            </p>
            <Findings findings={trouble} />
          </Notice>
        )}
        <Panel
          id="in-force"
          title="In force"
          aside={
            <a class="button" href={`${here}/edit`}>
              Change it…
            </a>
          }
        >
          <p>
            Version{' '}
            <b>
              <Said text={policy.version} charsMax={100} />
            </b>
            , <a href="/consent/config.json">the document</a>
            {live.file === null ? ', kept by the collector.' : ', kept in the file that WEFT_CONSENT names.'}
          </p>
          <Terms policy={policy} />
        </Panel>
        {findings.length > 0 && (
          <Panel id="findings" title="What should not ship">
            <Findings findings={findings} />
          </Panel>
        )}
        <Panel id="history" title="What was in force, and whom each asked again">
          {releases.length === 0 ? (
            <Empty title="Nothing yet">
              <p>The first release is noted when the collector starts.</p>
            </Empty>
          ) : (
            <Releases releases={releases} inForce={policy.configHash} />
          )}
        </Panel>
      </>,
    );
  });

  app.get(`${here}/edit`, async (c) => {
    const { policy, source } = live.current();
    const from = queryOf(c, 'from', 64);
    const earlier = from === null ? null : await house.reader.policySource(from);
    if (from !== null && earlier === null)
      return respondTrouble(c, house, {
        status: 404,
        title: 'There was no such policy',
        words: 'Nothing was ever in force under this hash.',
        step: <a href={here}>See which were</a>,
      });
    const given = (earlier ?? source).text;
    const text = given.trim() === '{}' ? starter : given;
    return respondRoom(
      c,
      house,
      { title: 'Change the policy', here },
      <>
        <h1>Change the policy</h1>
        <p>
          Nothing changes yet: the next page shows what is wrong with it, whom it asks again, and how it looks.
          {text === starter && ' Nobody has written a file so far; this is one to begin with.'}
        </p>
        <Forms text={text} over={policy.configHash} csrf={tokenOf(c, house)} />
      </>,
    );
  });

  const review = async (
    c: StaffContext,
    text: string,
    over: string,
    refused: readonly Finding[] | null,
    status: 200 | 400 | 409 = 200,
  ): Promise<Response> => {
    const { policy: before } = live.current();
    const checked = live.check(text);
    const linted =
      'findings' in checked ? { policy: null, findings: checked.findings } : lint(checked.source, [], live.around);
    const errors = linted.findings.filter(({ severity }) => severity === 'error').length;
    const comparison =
      linted.policy === null
        ? null
        : comparePolicies(before, linted.policy, await house.reader.consentHolders(house.now()));
    const narrowed = comparison === null ? null : withCompatible(text, comparison);
    const csrf = tokenOf(c, house);
    const isSame = linted.policy?.configHash === before.configHash;
    return respondRoom(
      c,
      house,
      { title: 'Look at the change', here, status },
      <>
        <h1>Look at the change</h1>
        {refused !== null && (
          <Notice tone="bad">
            <p>It was not published.</p>
            <Findings findings={refused} />
          </Notice>
        )}
        <Panel id="findings" title="What is wrong with it">
          {linted.findings.length === 0 ? <p>Nothing was found.</p> : <Findings findings={linted.findings} />}
        </Panel>
        {comparison !== null && (
          <Panel id="diff" title="Whom it asks again">
            <Changes comparison={comparison} />
            {narrowed !== null && (
              <Act action={`${here}/review`} csrf={csrf}>
                <input type="hidden" name="text" value={narrowed} />
                <input type="hidden" name="over" value={over} />
                <p>
                  {listed(narrowedIn(comparison).map(({ purpose }) => purpose))} only asks for less than people agreed
                  to, so they need not be asked: the file may say so under <code>compatibleWith</code>.
                </p>
                <div class="buttons">
                  <button type="submit" class="quiet">
                    Ask nobody about it
                  </button>
                </div>
              </Act>
            )}
          </Panel>
        )}
        {linted.policy !== null && <Preview text={text} csrf={csrf} policy={linted.policy} />}
        <Panel id="publish" title="Publish">
          {errors > 0 || linted.policy === null ? (
            <p>It cannot be published while something is wrong with it. Mend it below.</p>
          ) : isSame ? (
            <p>It is the policy that is in force. Change something below.</p>
          ) : (
            <Confirm action={here} csrf={csrf} verb="Publish it" back={here}>
              <input type="hidden" name="text" value={text} />
              <input type="hidden" name="over" value={over} />
              <p>
                {comparison !== null && comparison.reasked.length > 0
                  ? `From then on ${comparison.reasked.map(({ purpose }) => purpose).join(', ')} counts as unanswered until each person answers again.`
                  : 'Nobody is asked again.'}{' '}
                {live.file !== null && 'The file in WEFT_CONSENT is replaced.'}
              </p>
            </Confirm>
          )}
        </Panel>
        <Forms text={text} over={over} csrf={csrf} />
      </>,
    );
  };

  /** A browser sends line ends as CR LF; a file has its own. */
  const textOf = (fields: Readonly<Record<string, string>>): string =>
    (fields.text ?? '').replaceAll('\r\n', '\n').slice(0, documentMaxBytes * 2);

  app.post(`${here}/review`, async (c) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c);
    const given = Object.fromEntries(
      Object.entries(fields)
        .filter(([name]) => name.startsWith('f.'))
        .map(([name, value]) => [name.slice(2), value]),
    );
    const text = textOf(fields);
    const edited = Object.keys(given).length > 0 ? withFields(text, given) : text;
    return review(c, edited, fields.over ?? '', null);
  });

  app.post(`${here}/preview`, async (c) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c);
    const checked = live.check(textOf(fields));
    c.header('X-Frame-Options', 'SAMEORIGIN');
    const script = replayScript();
    if ('findings' in checked || script === null)
      return c.html(
        `<!doctype html><html lang="en"><title>Preview</title><link rel="stylesheet" href="${assets.css}"><body><p>${
          script === null ? 'The page’s script is not built: npm run build.' : 'It cannot be shown before it is mended.'
        }</p></body></html>`,
      );
    const { policy } = checked;
    const locale = Object.hasOwn(policy.locales, fields.locale ?? '')
      ? fields.locale!
      : (Object.keys(policy.locales)[0] ?? 'en');
    const words = policy.locales[locale]!;
    const scene = scenes[fields.layer ?? 'first'] ?? scenes.first!;
    const given = {
      script,
      scene: { document: policy.document, texts: JSON.parse(words.content), locale, gpc: false, ...scene },
    };
    return c.html(
      `<!doctype html><html lang="${locale}" dir="${words.dir}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Preview</title></head><body><div id="place"></div><script type="application/json" id="given">${inScript(given)}</script><script type="module" src="${assets.preview}"></script></body></html>`,
    );
  });

  app.post(here, async (c) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c);
    const text = textOf(fields);
    const over = fields.over ?? '';
    const checked = live.check(text);
    // What the linter calls an error does not go live from here, whatever a form says.
    if (
      !('findings' in checked) &&
      lint(checked.source, [], live.around).findings.some(({ severity }) => severity === 'error')
    )
      return review(c, text, over, null, 400);
    const published = await live.publish(text, staffOf(c).id, over);
    if (!published.ok)
      return review(
        c,
        text,
        'conflict' in published ? live.current().policy.configHash : over,
        published.findings,
        'conflict' in published ? 409 : 400,
      );
    return c.redirect(`${here}?published`, 303);
  });

  return app;
};
