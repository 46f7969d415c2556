// The certificate of an erasure, for eyes and for paper: the same facts as the signed JSON, which alone is the proof.

import type { FC } from 'hono/jsx';
import type { z } from 'zod';
import type { signedCertificate } from '../contract/certificate.js';

/** What each step did, for whoever asked; the signed certificate has the step's name. */
export const stepWords: Readonly<Record<string, string>> = {
  tombstone: 'Kept out, and noted in the ledger',
  'in flight': 'What was under way is dropped',
  closure: 'All identifiers of the person found, and kept out',
  derived: 'Profiles, visits and exports deleted',
  events: 'Events deleted',
  aggregates: 'What remains of others folded again; identifiers nothing carries deleted',
  downstream: 'Recipients told, or queued to be told',
  backups: 'In the erasure journal, which a restored backup is held against',
  logs: 'The log of writes emptied',
  certificate: 'Done',
};
/** What the counts are of. */
export const countWords: Readonly<Record<string, string>> = {
  devices: 'Devices kept out',
  profiles: 'Profiles',
  documents: 'Orders and closed carts',
  sessions: 'Visits',
  exports: 'Copies made for the person',
  events: 'Events',
  mentions: 'Events of others that lost an address of theirs',
  identifiers: 'Identifiers',
  notices: 'Recipients to be told',
  deliveries: 'Notes of who was given their data',
};

/** To the second and with its zone: it may be printed. */
const Instant: FC<{ at: string }> = ({ at }) => (
  <time datetime={at}>{at.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')}</time>
);

type Signed = z.output<typeof signedCertificate>;

/** What it says, for a page of its own and for one of the dashboard. */
export const CertificateText: FC<Pick<Signed, 'certificate'> & { signature: { key: string; value: string } }> = ({
  certificate,
  signature,
}) => (
  <>
    <h1>Certificate of erasure</h1>
    <p>
      Request <code>{certificate.id}</code>, made <Instant at={certificate.requestedAt} />, is{' '}
      <strong>{certificate.state}</strong>
      {certificate.doneAt !== null && (
        <>
          {' '}
          since <Instant at={certificate.doneAt} />
        </>
      )}
      . This page was made <Instant at={certificate.issuedAt} /> and holds no identifier of a person.
    </p>
    <h2>Steps</h2>
    <table class="plain">
      {certificate.steps.map(({ step, at }) => (
        <tr>
          <td>{stepWords[step] ?? step}</td>
          <td>
            <Instant at={at} />
          </td>
        </tr>
      ))}
    </table>
    <h2>What was deleted</h2>
    <table class="plain">
      {Object.entries(certificate.counts).map(([store, n]) => (
        <tr>
          <td>{countWords[store] ?? store}</td>
          <td>{n}</td>
        </tr>
      ))}
    </table>
    <h2>Recipients</h2>
    {certificate.destinations.length === 0 ? (
      <p>Nobody was ever given data of this person.</p>
    ) : (
      <table class="plain">
        {certificate.destinations.map(({ recipient, state, settledAt, trouble }) => (
          <tr>
            <td>{recipient}</td>
            <td>{state}</td>
            <td>{settledAt === null ? (trouble ?? '') : <Instant at={settledAt} />}</td>
          </tr>
        ))}
      </table>
    )}
    <h2>Deadlines</h2>
    <table class="plain">
      <tr>
        <td>GDPR, one month</td>
        <td>
          <Instant at={certificate.deadlines.gdpr} />
        </td>
      </tr>
      <tr>
        <td>CCPA, 45 days</td>
        <td>
          <Instant at={certificate.deadlines.ccpa} />
        </td>
      </tr>
      <tr>
        <td>LGPD, 15 days</td>
        <td>
          <Instant at={certificate.deadlines.lgpd} />
        </td>
      </tr>
    </table>
    <h2>Signature</h2>
    <p>
      Ed25519 over the canonical JSON of the certificate, by key <code>{signature.key}</code>:
      <br />
      <code>{signature.value}</code>
    </p>
  </>
);

export const certificatePage = (signed: Parameters<typeof CertificateText>[0]) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <title>Certificate of erasure</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <style>{`
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
        body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; width: 100%; }
        td, th { text-align: start; padding: .35rem .5rem .35rem 0; border-bottom: 1px solid #8886; vertical-align: top; }
        code { overflow-wrap: anywhere; }
        time { white-space: nowrap; }
      `}</style>
    </head>
    <body>
      <CertificateText {...signed} />
    </body>
  </html>
);
