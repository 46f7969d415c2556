// What a reader may ask about the proof of consent, joined into one: for the reader's thread, the routes, the privacy room
// and the commands.

import type { ConsentRates, LedgerCheck, RatesOnly, ReceiptProof } from '../../contract/proofs.js';
import type { Sql } from '../../store/sql.js';
import { openRates } from './rates.js';
import { openReceipts } from './receipt.js';
import { type ExportAsked, openLedgerView, type VerifyAsked } from './view.js';

export interface ProofModel {
  ledgerCheck: (asked: VerifyAsked) => LedgerCheck;
  /** From where the last check ended, some rows on: what a page may show at once. */
  ledgerHealth: () => LedgerCheck;
  ledgerExport: (asked: ExportAsked) => { lines: string[]; next: ExportAsked | null };
  receipt: (id: string, asked: { now: number }) => ReceiptProof | null;
  consentRates: (range: { from: string; to: string; only?: RatesOnly }) => ConsentRates;
}

export const openProofs = (sql: Sql): ProofModel => {
  const ledger = openLedgerView(sql);
  const receipt = openReceipts(sql, ledger);
  return {
    ledgerCheck: ledger.verify,
    ledgerHealth: () => ledger.verify({ full: false }),
    ledgerExport: ledger.exportPage,
    receipt: (id, { now }) => receipt(id, now),
    consentRates: openRates(sql),
  };
};
