// A policy as staff see it: what is wrong with it, what it would ask again, what came into force when, and its terms.

import type { FC } from 'hono/jsx';
import { type Comparison, recipientAdvice, shareText } from '../../../consent/policy/diff.js';
import { lint } from '../../../consent/policy/lint.js';
import type { LivePolicy } from '../../../consent/policy/live.js';
import { noticeOf, noticeTable } from '../../../consent/policy/notice.js';
import type { Policy, Source } from '../../../consent/policy/policy.js';
import type { Finding } from '../../../consent/policy/read.js';
import type { Release } from '../../../consent/policy/releases.js';
import { iso } from '../../../contract/instant.js';
import { Badge } from '../../kit/badge.js';
import { Code } from '../../kit/panel.js';
import { Said } from '../../kit/said.js';
import { type Column, Row, Table } from '../../kit/table.js';
import { Time } from '../../kit/time.js';
import { here } from './policy.js';

const causes: Readonly<Record<Release['how'], string>> = {
  shipped: 'ships with Weft',
  start: 'its file, at a start',
  file: 'its file changed',
  editor: 'published here',
};

export const listed = (names: readonly string[]): string => names.join(', ');

/** Linting draws colours and reads every language: once a policy, not once a look. */
const linted = new WeakMap<Source, readonly Finding[]>();
/** What is in force and should not ship. */
export const findingsOf = (live: LivePolicy): readonly Finding[] => {
  const { source } = live.current();
  const findings = linted.get(source) ?? lint(source, [], live.around).findings;
  linted.set(source, findings);
  return findings;
};

export const Findings: FC<{ findings: readonly Finding[] }> = ({ findings }) => (
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

export const Changes: FC<{ comparison: Comparison }> = ({ comparison }) => {
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

export const Releases: FC<{ releases: readonly Release[]; inForce: string }> = ({ releases, inForce }) => (
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

/** What is asked and under which terms, in the words of visitors; and the same for the privacy notice. */
export const Terms: FC<{ policy: Policy }> = ({ policy }) => {
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
