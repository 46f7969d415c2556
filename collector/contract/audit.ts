// What the audit log keeps: who of staff, or which secret key, looked at whom or changed what. Never an identifier of a
// person but the profile id, which the log holds apart and loses with the person (audit/store.ts).

import { z } from 'zod';

/** Everything that is noted, in words that do not change with pages and routes. */
export const auditActs = [
  // Reads of persons.
  'person.read',
  'person.find',
  'person.copy',
  'people.list',
  'live.read',
  'receipt.read',
  'certificate.read',
  'access.file',
  'rights.read',
  // Changes.
  'merge.undo',
  'merge.join',
  'erasure.ask',
  'access.ask',
  'objection.ask',
  'objection.lift',
  'notice.act',
  'delivery.note',
  'policy.publish',
  'ledger.verify',
  'ledger.export',
  'account.make',
  'account.password',
  'account.revoke',
  'key.make',
  'key.revoke',
  'session.open',
  'session.fail',
  'session.close',
  // By an operator, with the command.
  'data.export',
  'data.import',
] as const;
export const auditAct = z.enum(auditActs);
export type AuditAct = z.output<typeof auditAct>;

export const auditEntry = z.object({
  at: z.number().int(),
  /** Id of the account of staff or of the key; `person` of one who acted for themselves, `cli` of an operator. */
  by: z.string().min(1).max(64),
  what: auditAct,
  /** Profile ids of those who were shown or acted upon. */
  persons: z.array(z.string().min(1).max(64)).max(500),
  /** What for: the role of a member of staff, the purposes a key asked with. */
  purpose: z.string().max(200).nullable(),
  /** Which list, request, account or policy. Never what identifies a person. */
  detail: z.string().max(200).nullable(),
  /** How often, where an open page asked again and again. */
  times: z.number().int().min(1),
});
export type AuditEntry = z.output<typeof auditEntry>;

export interface AuditItem {
  seq: number;
  at: string;
  by: string;
  what: AuditAct;
  purpose: string | null;
  detail: string | null;
  times: number;
  /** Numbers of the persons, by which rows of one person are known as such; the profile id as long as there is the person. */
  persons: { number: number; profileId: string | null }[];
}
