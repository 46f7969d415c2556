// From what a page sent to an act that can be judged: parsed, weighed, its instants put right, and what is known of who
// speaks. Reads no more of the store than who is bound to what; writes only when the act is appended.

import { consentRow } from '../../contract/consent.js';
import { dayOf } from '../../contract/instant.js';
import { canonicalJson } from '../canonical.js';
import { everything } from '../mask.js';
import type { Policy } from '../policy/policy.js';
import { regionCode, regionGrantStands, regionOf } from '../policy/region.js';
import { transferredBy, vouchedFor } from '../voucher.js';
import type { Act, RowContext, RowParts, RowResult } from './act.js';
import { ageOf, flagOf, isDeliberate, labelsOf, originOf, pick, tokenOf, uiOf } from './fields.js';
import { effectiveInstant, instantOf } from './instant.js';
import { ofAge, weigh } from './weigh.js';

/** A row is a few hundred bytes; a TCF string and long texts' hashes fit many times. */
const rowMaxChars = 16_384;
const rowDepthMax = 6;

const isShallow = (value: unknown, depth: number): boolean =>
  value === null ||
  typeof value !== 'object' ||
  (depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1)));

const basisOf = (policy: Policy, purpose: string): string | null =>
  policy.purposes.find((terms) => terms.id === purpose)?.basis ?? null;

export const readAct = (
  parts: RowParts,
  value: unknown,
  context: RowContext,
): Act | (RowResult & { kind: 'invalid' }) => {
  const { store, keyOf, policy } = parts;
  const tooLarge = { kind: 'invalid', path: '', message: 'larger or deeper than a consent row can be' } as const;
  if (!isShallow(value, rowDepthMax)) return tooLarge;
  const parsed = consentRow.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { kind: 'invalid', path: issue?.path.join('.') ?? '', message: issue?.message ?? 'not a consent row' };
  }
  const row = parsed.data;
  // Said alone or beside events, by this script or the next: it is the same row.
  const { writeKey: _key, sentAt, sdkVersion: _script, ...body } = row;
  const spelled = canonicalJson(body);
  if (spelled.length > rowMaxChars) return tooLarge;
  if (row.kind === 'account-sync') return { kind: 'invalid', path: 'kind', message: 'a page does not send this kind' };

  const { receivedAt } = context;
  const told = pick(row.jurisdiction, ['code'])?.code ?? null;
  const code = regionCode(told) ?? regionCode(context.country);
  const { model } = regionOf(policy.regions, code);
  const age = ageOf(row.age);
  const voucher = policy.scope === 'account' ? vouchedFor(keyOf, row.voucher, receivedAt) : null;
  const regionStands = regionGrantStands(policy.regions, told, context.country);
  const transferred = policy.transfer.length > 0 ? transferredBy(keyOf, row.voucher, receivedAt) : null;
  const vouched = {
    account: voucher?.granted,
    import: transferred?.granted ?? (row.kind === 'import' && policy.legacyEquivalent ? everything : undefined),
  };
  const weighed = ofAge(weigh(row, regionStands, vouched), age, policy.ageGate);
  const clientAt = instantOf(row.clientAt);
  const named = typeof row.visitorId === 'string' ? row.visitorId.normalize('NFC').trim() : '';
  const visitorId = named === '' ? null : context.visitorIdOf ? context.visitorIdOf(named) : named;
  const visitorKey = visitorId === null ? null : keyOf('visitorId', visitorId);
  const superseded = row.supersedes ?? null;
  const known = row.known ?? null;
  const predecessor = superseded === null ? null : store.receipt(superseded);
  const underPolicy =
    typeof row.policy === 'string'
      ? { version: tokenOf(row.policy), configHash: null }
      : { version: null, configHash: null, ...pick(row.policy, ['version', 'configHash']) };
  const sent = context.sentAt ?? (typeof sentAt === 'string' || typeof sentAt === 'number' ? instantOf(sentAt) : null);
  const effectiveAt = effectiveInstant(clientAt, sent, receivedAt);
  // An answer that was given elsewhere ends when it would have ended there.
  const givenAt = transferred ? transferred.since : row.kind === 'import' ? effectiveAt : receivedAt;
  const expiresAt = Math.min(receivedAt, givenAt) + policy.decisionMaxMs;
  // What brings a choice to a device is told from what a person pressed there; what takes something back is told as that.
  const isAnswer = row.kind === 'grant' || row.kind === 'update' || row.kind === 'refuse';
  const kind = voucher ? 'account-sync' : transferred && isAnswer ? 'import' : row.kind;

  return {
    kind: row.kind,
    weighed,
    isDeliberate: isDeliberate(row.ui),
    receipt: row.receipt ?? null,
    superseded,
    predecessor,
    known,
    kin: predecessor ?? (superseded === null || known === null ? null : store.receipt(known)),
    visitorId,
    visitorKey,
    boundTo: visitorKey === null ? null : (store.visitor(visitorKey)?.life ?? null),
    digest: keyOf('row', spelled),
    receivedAt,
    effectiveAt,
    expiresAt,
    append: (fields) => {
      const decisions = [
        ...weighed.decisions.map((one) => ({ ...one, basis: basisOf(policy, one.purpose) })),
        ...(fields.carried ?? []),
      ];
      const seq = store.append({
        kind,
        at: receivedAt,
        clientAt,
        effectiveAt: fields.effectiveAt ?? effectiveAt,
        expiresAt,
        receipt: fields.receipt,
        subjectKey: fields.subjectKey,
        // Without a receipt of its own a row is a refusal, and belongs to nobody.
        epoch: fields.receipt === null ? null : tokenOf(row.epoch),
        supersedes: fields.receipt === null ? null : superseded,
        decisions,
        policy: underPolicy,
        text: pick(row.text, ['locale', 'sha256']),
        // Where it came from is the collector's word, not the page's.
        ui: transferred
          ? { layer: 'transfer', action: 'link', variant: `from=${transferred.from}` }
          : uiOf(row.ui, (version) => store.policyVersion(version, null) !== null),
        jurisdiction: { code, model, how: regionCode(told) ? 'page' : code ? (context.countryBy ?? 'cdn') : 'unknown' },
        gpc: { header: context.gpc, js: flagOf(row.gpc, 'js'), ack: weighed.ack !== 0 },
        // Where the site asks nobody's age, that much is known without the page's word.
        age: age !== null ? { gate: age } : policy.ageGate ? null : { gate: 'none' },
        origin: originOf(context.origin),
        sdkVersion: tokenOf(row.sdkVersion) ?? tokenOf(context.sdkVersion),
        cmp: pick(row.cmp, ['name', 'version', 'tcString', 'gppString'], 4_096),
      });
      const version = store.policyVersion(underPolicy.version, underPolicy.configHash);
      const counted = {
        day: dayOf(receivedAt),
        policy: version ?? 'unknown',
        model,
        ...labelsOf(policy, code, row),
        granted: weighed.granted,
      };
      store.count({ ...counted, what: kind });
      // How many acts come with the opt-out signal, as the request carries it or the page saw it: no page writes a row for it.
      if (kind !== 'gpc' && (context.gpc || flagOf(row.gpc, 'js') === true)) store.count({ ...counted, what: 'gpc' });
      return { seq, terms: fields.receipt === null ? null : store.terms({ decisions, policy: underPolicy }) };
    },
  };
};
