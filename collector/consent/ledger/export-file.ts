// The ledger as a file that somebody takes along: its lines as they are asked for, and the name it is saved under.

import { dayOf } from '../../contract/instant.js';
import type { ExportAsked } from './view.js';

type ExportPage = { lines: string[]; next: ExportAsked | null };

/** A page is read when the one before is gone, however long the ledger is. */
export const ledgerFile = (
  page: (asked: ExportAsked) => Promise<ExportPage>,
  now: number,
): { body: ReadableStream<Uint8Array>; headers: Record<string, string> } => {
  const encoder = new TextEncoder();
  let asked: ExportAsked | null = { now };
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (asked === null) {
          controller.close();
          return;
        }
        const { lines, next } = await page(asked);
        asked = next;
        controller.enqueue(encoder.encode(lines.join('')));
      },
    },
    { highWaterMark: 1 },
  );
  return {
    body,
    headers: {
      'Content-Type': 'application/x-ndjson; charset=utf-8',
      'Content-Disposition': `attachment; filename="weft-ledger-${dayOf(now)}.jsonl"`,
    },
  };
};
