// What commands are answered: what a rule found, with a status and, where nothing was done, the next step.

import type { RowResult } from '../consent/rows/act.js';
import { lifeReceiptsMax } from '../consent/rows/outlived.js';
import type { TransferResult } from '../consent/transfer.js';
import { iso } from '../contract/instant.js';
import type { CommandResult } from '../log/log.js';
import type { AdminMergeOutcome } from './merges.js';

export const ok = (body: unknown, status = 200): CommandResult => ({ status, body });

export const failure = (status: number, code: string, message: string, hint: string): CommandResult => ({
  status,
  body: { error: { code, message, hint } },
});

export const mergeAnswer = (outcome: AdminMergeOutcome): CommandResult => {
  switch (outcome.kind) {
    case 'merged':
      return { status: 200, body: { id: outcome.id } };
    case 'unknown':
      return failure(
        404,
        'not_found',
        'One of the two users is not known here.',
        'Both must be user ids that events have named.',
      );
    case 'same':
      return failure(400, 'bad_request', 'The two users are the same.', 'Name two different user ids.');
    case 'apart':
      return failure(
        409,
        'conflict',
        `The two were told apart on ${iso(outcome.undoneAt)}; they stay two people.`,
        'An undo is for good: no merge joins again what it told apart. If they are one after all, use one user id for both from now on.',
      );
    case 'renamed':
      return failure(
        409,
        'conflict',
        `\`from\` was already renamed to another user, whose profile is ${outcome.profileId}; a user is renamed once.`,
        'Name as `from` the user id which that profile goes by. If the first rename was wrong, undo it before: GET /v1/profiles/:id/merges lists it.',
      );
    case 'reverse':
      return failure(
        409,
        'conflict',
        'The two are one person already, and `from` is the user id that stays.',
        'Nothing is to be done: both user ids lead to the same profile. Which of them stays is not changed afterwards.',
      );
    case 'already':
      return failure(
        409,
        'conflict',
        `The two are one person already, by another act; their profile is ${outcome.profileId}.`,
        'Nothing is to be done: both user ids lead to it. What made them one is listed by GET /v1/profiles/:id/merges, and undone there.',
      );
  }
};

export const transferAnswer = (result: TransferResult): CommandResult => {
  switch (result.kind) {
    case 'signed':
      return { status: 200, body: { token: result.token } };
    case 'accepted': {
      const decisions = result.decisions.map((one) => ({ ...one, at: iso(one.at) }));
      return { status: 200, body: { decisions, voucher: result.voucher } };
    }
    case 'unlisted':
      return failure(
        404,
        'not_found',
        'No answer is handed to this host.',
        'List it under `transfer` in the consent file, by its whole name, if an answer shall go there.',
      );
    // One word for all: whoever tries tokens learns nothing of them.
    case 'misplaced':
      return failure(
        403,
        'forbidden',
        'The token does not hold here.',
        'It is good once, for a minute, on the page that a link of another host of the site led to.',
      );
  }
};

/**
 * What a privacy check refuses is answered 200, or a page would come again for ever (consent.md section 4): with the state
 * that it then takes, and for whoever reads it with the reason.
 */
const refusedRow = (state: 'erased' | 'withdrawn', message: string): CommandResult => ({
  status: 200,
  body: {
    receipt: null,
    seq: null,
    at: null,
    expiresAt: null,
    state,
    error: { code: 'forbidden', message, hint: 'Wipe the device; a new grant comes with a new visitor id.' },
  },
});

export const consentAnswer = (result: RowResult): CommandResult => {
  switch (result.kind) {
    case 'accepted':
    case 'same':
      return {
        status: 200,
        body: { receipt: result.receipt, seq: result.seq, at: iso(result.at), expiresAt: iso(result.expiresAt) },
      };
    case 'conflict':
      return failure(
        409,
        'receipt_conflict',
        'This receipt stands for another row.',
        'Mint a new receipt for a new act of consent.',
      );
    case 'forbidden':
      return refusedRow('erased', 'The row names a device without a receipt of it.');
    case 'out':
      return refusedRow(result.state, `The device is ${result.state}.`);
    case 'full':
      return refusedRow('withdrawn', `One consent was answered ${lifeReceiptsMax} times, and ends with this answer.`);
    case 'invalid':
      return failure(
        400,
        'bad_request',
        `The consent row is wrong at ${result.path || 'its top'}: ${result.message}`,
        'See the ConsentRow schema in /openapi.json.',
      );
  }
};
