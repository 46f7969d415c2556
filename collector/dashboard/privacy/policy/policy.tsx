// The consent policy in the privacy room: which is in force and which were, and the way to another: change it, see what is
// wrong, whom it asks again and how it looks, and only then publish. Nothing changes before the last step.

import { Hono } from 'hono';
import { narrowedIn, withCompatible } from '../../../consent/policy/compatible.js';
import { comparePolicies } from '../../../consent/policy/diff.js';
import { lint } from '../../../consent/policy/lint.js';
import type { LivePolicy } from '../../../consent/policy/live.js';
import { documentMaxBytes, type Finding } from '../../../consent/policy/read.js';
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
import { Act, Confirm, Empty, Notice, Panel } from '../../kit/panel.js';
import { Said } from '../../kit/said.js';
import { respondRoom } from '../room.js';
import { starter, withFields } from './edit.js';
import { Forms } from './forms.js';
import { Preview, previewPage } from './preview.js';
import { Changes, Findings, findingsOf, listed, Releases, Terms } from './shown.js';

export interface PolicyRoom {
  live: LivePolicy;
  /** Address of the chunk that draws a banner again; null where it is not built. */
  replayScript: () => string | null;
}

export const here = '/privacy/policy';

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
    return c.html(previewPage(checked.policy, fields, script));
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
