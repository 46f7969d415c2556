// What people may ask for, as commands of the log: to be forgotten, to see, to object; and what carries it out besides the
// pipeline: makers of exports and senders of notices claim their work here and report it. One bounded transaction each.

import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AuditStore } from '../audit/store.js';
import { canonicalJson } from '../consent/canonical.js';
import type { Consent } from '../consent/consent.js';
import type { ErasureStep, ErasureSubject } from '../consent/rights/erase.js';
import { exportFile } from '../consent/rights/export-file.js';
import type { Identity } from '../consent/rights/notices.js';
import { maskOfNames } from '../consent/rights/object.js';
import { monthAfter } from '../consent/rights/view.js';
import type { AuditAct } from '../contract/audit.js';
import type { Certificate } from '../contract/certificate.js';
import { iso } from '../contract/instant.js';
import type { Purpose } from '../contract/purposes.js';
import type { CommandResult, RightsCommand } from '../log/log.js';
import { asideMaxMs, dropAside, restoringRoom } from '../store/aside.js';
import type { SqliteStore } from '../store/sqlite.js';
import { failure, ok } from './answers.js';
import { nodeOfSubject, subjectOf } from './closure.js';
import type { Desk } from './desk.js';
import { certify, eraseSome } from './erasing.js';
import { applyRow } from './rights.js';
import type { WorkingSet } from './working-set.js';

export interface RequestsOptions {
  store: SqliteStore;
  desk: Desk;
  consent: Consent;
  /** Every request and every act upon a notice, in its transaction. Whom, the request itself says for as long as it may. */
  audit: Pick<AuditStore, 'add'>;
  /** Of the data: where exports lie, and stores that were set aside; null for a store in memory, which has neither. */
  folder: string | null;
  /** Of the store: not in that folder while a restore works on it. */
  file: string;
  /** Rows one transaction of an erasure may take. */
  erasureRowsMax?: number;
  /** For tests that end the process here: after each step, before its transaction commits. */
  onErasureStep?: (id: string, step: ErasureStep) => void;
}

export interface Requests {
  command: (asked: RightsCommand) => CommandResult;
  /** One bounded piece of what waits. False: there is nothing to do now. */
  slice: (now: number) => boolean;
  /** Exports whose week is over, tombstones whose time is. */
  sweep: (now: number) => void;
}

/** A deletion costs some hundred microseconds: a slice stays well under what a request may wait for. */
const rowsMaxDefault = 200;
/** Requests for access that may wait at once; one is made at a time. */
const exportsWaitingMax = 1_000;
const sweepAtOnce = 100;
/** How often the folder is looked at for stores that were set aside too long ago. */
const asideLookMs = 3_600_000;

const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));
const noErasure = failure(
  404,
  'not_found',
  'There is no erasure with this id.',
  'Ids come from POST /v1/privacy/erasures.',
);
const used = failure(
  403,
  'forbidden',
  'This signed request was used before.',
  'Sign a new one for each request: another nonce, another instant.',
);

export const openRequests = (options: RequestsOptions): Requests => {
  const { store, desk, consent, audit, folder } = options;
  const exportsFolder = folder === null ? null : join(folder, 'exports');
  const { set } = desk;
  /** Something personal was taken out of the tables, and may still stand in the log of writes. */
  let unscrubbed = true;
  let journalAt = -1;

  const forgetFiles = (ids: readonly string[]): void => {
    if (exportsFolder === null) return;
    for (const id of ids)
      for (const tail of ['', '.part']) rmSync(`${exportFile(exportsFolder, id)}${tail}`, { force: true });
  };
  // What a killed restore left. While one works, this store lies in that room.
  if (folder !== null && folder === dirname(options.file))
    rmSync(restoringRoom(folder), { recursive: true, force: true });
  let sweptAsideAt = 0;
  // A file nobody can fetch any more: its row is the backup's that was restored, or its maker died.
  if (exportsFolder !== null && existsSync(exportsFolder))
    for (const name of readdirSync(exportsFolder)) {
      const state = consent.exports.status(name.replace(/\.zip(\.part)?$/, ''))?.state;
      if (state !== 'done' || name.endsWith('.part')) rmSync(join(exportsFolder, name), { force: true });
    }

  const acted = (what: AuditAct, { by, at }: { by: string; at: number }, detail: string): void =>
    audit.add({ at, by, what, persons: [], purpose: null, detail });

  const command = (asked: RightsCommand): CommandResult => {
    switch (asked.kind) {
      case 'erase': {
        if (!isFresh(asked)) return used;
        const { id, state } = desk.attempt(() => {
          const job = consent.erasures.request(subjectOf(asked.subject as ErasureSubject), {
            id: `e_${randomUUID()}`,
            by: asked.by,
            at: asked.at,
            since: set.events.lastSeq(),
          });
          acted('erasure.ask', asked, job.id);
          return job;
        });
        // The same word for everybody: how far it is shows who was known.
        return ok({ id, state: state === 'done' ? 'done' : 'accepted' }, 202);
      }
      case 'erasure': {
        const status = consent.erasures.status(asked.id);
        if (!status) return noErasure;
        const { id, state, step, requestedAt, doneAt, counts, steps } = status;
        return ok({
          id,
          state,
          step,
          requestedAt: iso(requestedAt),
          doneAt: isoOrNull(doneAt),
          counts,
          steps: steps.map(({ step: name, at }) => ({ step: name, at: iso(at) })),
          destinations: destinationsOf(id),
        });
      }
      case 'certificate': {
        const status = consent.erasures.status(asked.id);
        if (!status) return noErasure;
        const dayMs = 86_400_000;
        const destinations = destinationsOf(asked.id);
        const certificate: Certificate = {
          id: status.id,
          state: status.state,
          requestedAt: iso(status.requestedAt),
          doneAt: isoOrNull(status.doneAt),
          issuedAt: iso(asked.at),
          steps: status.steps.map(({ step, at }) => ({ step, at: iso(at) })),
          counts: { ...status.counts },
          destinations,
          pending: destinations.filter(({ state }) => state !== 'acknowledged' && state !== 'settled').length,
          deadlines: {
            gdpr: iso(monthAfter(status.requestedAt)),
            ccpa: iso(status.requestedAt + 45 * dayMs),
            lgpd: iso(status.requestedAt + 15 * dayMs),
          },
          journal: consent.journal.last(),
        };
        const key = consent.ledger.signer(asked.at);
        return ok({
          certificate,
          signature: {
            algorithm: 'Ed25519',
            key: key.id,
            publicKeyPem: key.publicKeyPem,
            value: key.sign(canonicalJson(certificate)).toString('base64url'),
          },
        });
      }
      case 'object': {
        if (!isFresh(asked)) return used;
        const id = `o_${randomUUID()}`;
        desk.within(asked.at, (loaded) => {
          const whose = meantBy(loaded, asked.subject as ErasureSubject);
          const rows = consent.object({
            id,
            ...whose,
            purposes: maskOfNames(asked.purposes as readonly Purpose[]),
            lift: asked.lift,
            by: asked.by,
            context: { receivedAt: asked.at, gpc: false, origin: null, country: null },
          });
          for (const row of rows) applyRow(loaded, row);
          acted(asked.lift ? 'objection.lift' : 'objection.ask', asked, id);
        });
        return ok({ id, state: 'done' }, 202);
      }
      case 'access': {
        if (!isFresh(asked)) return used;
        if (exportsFolder === null)
          return failure(503, 'unavailable', 'A store in memory makes no exports.', 'Set WEFT_DATA to a folder.');
        if (consent.exports.waiting() >= exportsWaitingMax)
          return failure(503, 'unavailable', 'Too many exports wait to be made.', 'Come again in some minutes.');
        const id = `x_${randomUUID()}`;
        const { token } = desk.attempt(() => {
          acted('access.ask', asked, id);
          return consent.exports.request(subjectOf(asked.subject as ErasureSubject), {
            id,
            by: asked.by,
            at: asked.at,
          });
        });
        return ok({ id, state: 'accepted', token }, 202);
      }
      case 'export': {
        const status = consent.exports.status(asked.id);
        const opens = status && (asked.token === null || consent.exports.opens(asked.id, asked.token));
        if (!status || !opens)
          return failure(
            404,
            'not_found',
            'There is no export with this id.',
            'Ids come from POST /v1/privacy/exports.',
          );
        return ok({
          id: status.id,
          state: status.state,
          requestedAt: iso(status.requestedAt),
          doneAt: isoOrNull(status.doneAt),
          expiresAt: isoOrNull(status.expiresAt),
          bytes: status.bytes,
        });
      }
      case 'exports':
        // Who asks each second and finds nothing has left nothing in the log of writes.
        unscrubbed ||= asked.act !== 'claim';
        switch (asked.act) {
          case 'claim': {
            const work = desk.attempt(() => {
              const claimed = consent.exports.claim(asked.at);
              if (claimed?.subject) consent.exports.register(claimed.id, identitiesMeant(set, claimed.subject));
              return claimed;
            });
            unscrubbed ||= work !== null;
            return ok({ work });
          }
          case 'finish': {
            const kept = desk.attempt(() =>
              consent.exports.finish(
                asked.id,
                { identities: asked.identities, bytes: asked.bytes, counts: asked.counts },
                asked.at,
              ),
            );
            if (!kept) forgetFiles([asked.id]);
            return ok({ kept });
          }
          case 'fail':
            desk.attempt(() => consent.exports.fail(asked.id, asked.at));
            forgetFiles([asked.id]);
            return ok({});
        }
        break;
      case 'notices':
        unscrubbed ||= asked.act !== 'claim';
        switch (asked.act) {
          case 'claim': {
            const { callback } = asked;
            const notices = desk.attempt(() =>
              consent.notices.claim(asked.at, asked.limit, (token) =>
                callback === null ? null : `${callback}${token}`,
              ),
            );
            unscrubbed ||= notices.length > 0;
            return ok({ notices });
          }
          case 'report':
            desk.attempt(() => consent.notices.report(asked.id, asked.outcome, asked.at));
            return ok({});
          case 'acknowledge': {
            const known = desk.attempt(() => consent.notices.acknowledge(asked.token, asked.done, asked.at));
            return known
              ? ok({})
              : failure(404, 'not_found', 'There is no such notice.', 'Use the address of the notice itself.');
          }
          case 'retry':
          case 'settled': {
            const done = desk.attempt(() => {
              const known = consent.notices.act(asked.id, asked.act, asked.by, asked.at);
              if (known) acted('notice.act', asked, `${asked.act} ${asked.id}`);
              return known;
            });
            return done
              ? ok({ id: asked.id })
              : failure(
                  404,
                  'not_found',
                  'There is no notice with this id that waits.',
                  'The erasure lists its destinations with their ids.',
                );
          }
        }
        break;
      case 'delivered':
        // Whoever is gone by now was given to nobody: the caller shows only those who are noted.
        return ok({
          noted: desk.attempt(() =>
            asked.profiles.filter((profile) => {
              const identities = identitiesOfProfile(set, profile);
              consent.notices.delivered(asked.recipient, identities, asked.at);
              return identities.length > 0;
            }),
          ),
        });
    }
    return failure(400, 'bad_request', 'There is no such act.', 'See /docs.');
  };

  const destinationsOf = (id: string): Certificate['destinations'] =>
    consent.notices.of(id).map(({ createdAt: _, settledAt, ...notice }) => ({
      ...notice,
      settledAt: isoOrNull(settledAt),
    }));

  /** A request that the shop's server signed is good once. */
  const isFresh = ({ once, at }: { once?: { nonce: string; until: number } | undefined; at: number }): boolean =>
    once === undefined || desk.attempt(() => consent.once(once.nonce, once.until, at));

  const erasing = (now: number) => ({
    consent,
    forgetFiles,
    forgetAside: () => (folder === null ? 0 : dropAside(folder, Number.POSITIVE_INFINITY)),
    now,
    rowsMax: options.erasureRowsMax ?? rowsMaxDefault,
    ...(options.onErasureStep ? { onStep: options.onErasureStep } : {}),
  });

  return {
    command,
    slice: (now) => {
      if (consent.erasures.open(1).length > 0) {
        if (desk.within(now, (loaded) => eraseSome({ set: loaded, ...erasing(now) }))) return true;
        // What was deleted is overwritten in the file; the log of writes before it must go too, before anything is certified.
        if (!store.emptyLog()) return false;
        desk.attempt(() => certify(erasing(now)));
        return consent.erasures.open(1).length > 0;
      }
      if ((unscrubbed || journalAt !== consent.journal.last()) && store.emptyLog()) {
        unscrubbed = false;
        journalAt = consent.journal.last();
      }
      return false;
    },
    sweep: (now) => {
      const expired = desk.attempt(() => {
        consent.tombstones.sweep(now, sweepAtOnce);
        return consent.exports.expire(now, sweepAtOnce);
      });
      forgetFiles(expired);
      if (expired.length > 0) unscrubbed = true;
      if (folder === null || now - sweptAsideAt < asideLookMs) return;
      sweptAsideAt = now;
      dropAside(folder, now - asideMaxMs);
    },
  };
};

/** Whom an objection means: every user id a person has, or one device. */
const meantBy = (set: WorkingSet, asked: ErasureSubject): { userIds: string[]; visitorIds: string[] } => {
  const subject = subjectOf(asked);
  if ('userId' in subject) return { userIds: [subject.userId], visitorIds: [] };
  if ('anonymousId' in subject) return { userIds: [], visitorIds: [subject.anonymousId] };
  if ('visitorId' in subject) return { userIds: [], visitorIds: [subject.visitorId] };
  const id = nodeOfSubject(set, subject);
  const node = id === null ? undefined : set.nodeById(id);
  const members = node ? set.identity.members(node.leader) : [];
  return {
    userIds: members.filter(({ kind }) => kind === 'user_id').map(({ value }) => value),
    visitorIds: [...members, ...(node ? [node] : [])]
      .filter(({ kind }) => kind === 'anonymous_id')
      .map(({ value }) => value),
  };
};

/** Everyone who will stand in a copy. */
const identitiesMeant = (set: WorkingSet, subject: ErasureSubject): Identity[] => {
  const device = 'anonymousId' in subject ? subject.anonymousId : 'visitorId' in subject ? subject.visitorId : null;
  if (device !== null) return [{ type: 'anonymous_id', value: device }];
  const node = nodeOfSubject(set, subject);
  return node === null ? [] : identitiesOfProfile(set, set.nodeById(node)!.hid);
};

/** Everything a recipient may know a person by. */
const identitiesOfProfile = (set: WorkingSet, profileId: string): Identity[] => {
  const node = set.identity.nodeByHid(profileId);
  if (!node) return [];
  const identities = new Map<string, Identity>();
  const add = (type: string, value: string): void => {
    if (type !== 'session_hint') identities.set(`${type} ${value}`, { type, value });
  };
  for (const member of set.identity.members(node.leader)) {
    add(member.kind, member.value);
    for (const dev of set.identity.devicesOf(member.id)) {
      const device = set.nodeById(dev);
      if (device) add(device.kind, device.value);
    }
    for (const contact of set.identity.contactsOfOwner(member.id)) {
      const known = set.nodeById(contact.node);
      if (known) add(known.kind, known.value);
    }
  }
  return [...identities.values()];
};
