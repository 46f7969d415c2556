// The proof of consent over HTTP: the ledger's chain checked and exported, and one receipt, for the privacy team by key and
// for the person who holds it. Reads in the reader's thread alone, a bounded piece a request, so that the door never waits.

import { readFileSync } from 'node:fs';
import { type Context, Hono } from 'hono';
import type { AuditNotes } from '../audit/notes.js';
import { ledgerFile } from '../consent/ledger/export-file.js';
import type { AuditAct } from '../contract/audit.js';
import { ledgerQuery } from '../contract/proofs.js';
import { refuse } from '../errors.js';
import { admitKeyless, type Crowd } from '../ingest/crowd.js';
import { corsHeaders } from '../ingest/origin.js';
import type { Limiter } from '../ingest/rate.js';
import { respondRefusal } from '../ingest/respond.js';
import type { Log } from '../log/log.js';
import type { Reader } from '../profiles/reader.js';
import { admittedKey } from './admission.js';
import { noReceiptPage, receiptPage } from './receipt-page.js';

export interface ProofsOptions {
  reader: Pick<Reader, 'ledgerCheck' | 'ledgerExport' | 'receipt'>;
  log: Log;
  audit: Pick<AuditNotes, 'note'>;
  rate: Limiter;
  crowd: Crowd;
  /** Where the chunk lies that draws a banner again; null while it is not built. */
  replayUrl: () => string | null;
  now: () => number;
}

/** Nothing of another host, no style or script in the page itself; in no frame and no other page's memory. */
const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex, nofollow',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** A browser that follows a link names text/html first; a program names JSON, or anything. */
const prefersHtml = (c: Context): boolean => {
  const accept = c.req.header('accept') ?? '';
  const html = accept.indexOf('text/html');
  const json = accept.indexOf('application/json');
  return html >= 0 && (json < 0 || html < json);
};

const noReceipt = refuse('not_found', {
  message: 'The ledger has no such receipt.',
  hint: 'A receipt has 22 characters and stands in the preferences of the banner; a refusal has none. It may also be older than the ledger is kept.',
});

export const proofs = ({ reader, log, audit, rate, crowd, replayUrl, now }: ProofsOptions): Hono => {
  const app = new Hono();
  const asset = (name: string): string => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
  const assets: readonly [string, string, string][] = [
    ['/receipts/receipt.css', asset('receipt.css'), 'text/css; charset=utf-8'],
    ['/receipts/receipt.js', asset('receipt.js'), 'text/javascript; charset=utf-8'],
  ];
  for (const [path, content, type] of assets)
    app.get(path, (c) =>
      c.body(content, 200, {
        'Content-Type': type,
        'Cache-Control': 'public, max-age=3600',
        'X-Content-Type-Options': 'nosniff',
      }),
    );

  /** Of a key; whoever looks at their own receipt is nobody's business. A receipt is an identifier: which one is not said. */
  const note = (c: Context, what: AuditAct): void => {
    const key = admittedKey(c);
    if (key !== null) audit.note({ at: now(), by: key.context.id, what, persons: [], purpose: null, detail: null });
  };

  // How far a check from the first row has come: only one that went through all pages in turn is a whole one.
  let wholeAt: number | null = null;
  app.get('/v1/ledger/verify', async (c) => {
    c.header('Cache-Control', 'no-store');
    const query = ledgerQuery.safeParse(c.req.query());
    if (!query.success)
      return respondRefusal(
        c,
        refuse('bad_request', {
          message: 'The query takes `full` (1) and `cursor` (`next` of the answer before).',
          hint: 'Ask without a query for what is new since the last check, with full=1 for all of it.',
        }),
      );
    const full = query.data.full === '1' || query.data.full === 'true';
    const { cursor } = query.data;
    const checked = await reader.ledgerCheck({ full, cursor });
    const isWhole = full && (cursor === undefined || cursor === wholeAt);
    if (full) wholeAt = isWhole && checked.ok ? checked.next : null;
    const goesOn = cursor === undefined || isWhole;
    if (full && cursor === undefined) note(c, 'ledger.verify');
    if (!checked.ok && goesOn)
      await log.command({ kind: 'ledger', act: 'broken', found: checked.brokenAt!, at: now() });
    if (checked.ok && goesOn && (checked.through >= checked.from || (isWhole && checked.complete)))
      await log.command({
        kind: 'ledger',
        act: 'checked',
        through: checked.through,
        full: isWhole && checked.complete,
        at: now(),
      });
    return c.json(checked);
  });

  app.get('/v1/ledger/export', (c) => {
    note(c, 'ledger.export');
    const { body, headers } = ledgerFile(reader.ledgerExport, now());
    return c.body(body, 200, { ...headers, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
  });

  app.get('/v1/receipts/:id', async (c) => {
    c.header('Cache-Control', 'no-store');
    const isHtml = prefersHtml(c);
    for (const [name, value] of Object.entries(isHtml ? pageHeaders : corsHeaders({ kind: 'any' }, null, null)))
      c.header(name, value);
    // Without a key it is the person's own: who knows 128 random bits was given them. All of them share one allowance.
    const refused = admittedKey(c) === null ? admitKeyless(c, { crowd, rate }, 'receipts') : null;
    if (refused !== null) return respondRefusal(c, refused);
    const proof = await reader.receipt(c.req.param('id'), { now: now() });
    if (proof === null) return isHtml ? c.html(noReceiptPage(), 404) : respondRefusal(c, noReceipt);
    note(c, 'receipt.read');
    return isHtml ? c.html(receiptPage(proof, replayUrl())) : c.json(proof);
  });
  return app;
};
