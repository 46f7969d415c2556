// For tests: what the door hands to a writer, of which a test says only what it is about; and what the banner of the policy
// in force says.

import type { Purpose } from '../contract/purposes.js';
import type { Answer, Submission } from '../log/log.js';
import type { Writer } from './writer.js';

export const submissionOf = (
  body: object,
  at: number,
  more: Pick<Submission, 'key'> & Partial<Submission>,
): Submission => ({
  text: JSON.stringify(body),
  type: null,
  receivedAt: at,
  gpc: false,
  userAgent: null,
  country: null,
  origin: null,
  rejected: [],
  ...more,
});

/** As the door would answer. */
export const settle = (writer: Pick<Writer, 'run'>, submission: Submission): Answer => {
  const [settled] = writer.run([submission], submission.receivedAt);
  if (settled && 'answer' in settled) return settled.answer;
  throw settled?.failed;
};

/** A consent row of a device that grants all but what is `denied`. */
export const rowOf = (
  { consent: { policy } }: Pick<Writer, 'consent'>,
  at: number,
  fields: { receipt: string; visitorId: string; kind: string } & Readonly<Record<string, unknown>>,
  denied: (purpose: Purpose) => boolean = () => false,
) => ({
  epoch: at,
  decisions: policy.purposes.map(({ id, materialHash }) => ({
    purpose: id,
    value: denied(id) ? 'denied' : 'granted',
    source: 'user',
    materialHash,
  })),
  policy: { version: policy.version, configHash: policy.configHash },
  gpc: { js: false },
  clientAt: new Date(at).toISOString(),
  ...fields,
});
