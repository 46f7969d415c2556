// `weft ledger`: checks an export as a third party would, without any store, and puts a new signing key in the old one's
// place.

import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { checkExport } from '../consent/ledger/check-export.js';
import { mustHaveData, placeOf, writerOf } from './data.js';
import { type Ending, Failure } from './failure.js';
import { type Out, plural } from './say.js';

export interface VerifyAsked {
  key?: string[];
  json?: boolean;
}

export const verifyExport = async (path: string, asked: VerifyAsked, out: Out): Promise<Ending> => {
  if (!existsSync(path))
    throw new Failure(
      'usage',
      `There is no file ${path}.`,
      'Give an export: `weft export --ledger --out ledger.jsonl`.',
    );
  const file = createReadStream(path);
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  const failed = new Promise<never>((_, reject) => {
    file.once('error', reject);
    input.once('error', reject);
  });
  const checked = await Promise.race([checkExport(lines, asked.key ?? []), failed]).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Failure(
        'refused',
        `${path} cannot be read (${error.code ?? error.message}).`,
        'Give a file as it was exported.',
      );
    },
  );
  if (asked.json) out.tell(JSON.stringify(checked));
  else if (checked.ok) {
    out.tell(`${plural(checked.rows, 'row')}, ${plural(checked.signatures, 'signature')}: each fits.`);
    if (checked.signed === null) out.tell('No row is signed yet: an export of tomorrow is worth more.');
    else out.tell(`Row ${checked.signed.seq} and all before it were signed at ${checked.signed.at}.`);
    out.tell(`Keys: ${checked.keys.join(', ') || 'none'}`);
    if ((asked.key ?? []).length === 0)
      out.note(
        'Compare the keys with what the site told you earlier, or give them with --key: the file vouches only for itself.',
      );
  } else
    out.tell(`Broken at row ${checked.brokenAt?.seq} (line ${checked.brokenAt?.line}): ${checked.brokenAt?.message}`);
  return checked.ok ? 'done' : 'found';
};

export const rotateKey = (asked: { json?: boolean }, out: Out): Ending => {
  const place = placeOf();
  mustHaveData(place);
  const writer = writerOf(place, 'weft ledger rotate', null);
  try {
    const { id, before } = writer.consent.ledger.rotate(Date.now());
    if (asked.json) out.tell(JSON.stringify({ key: id, before }));
    else {
      out.tell(`The ledger is signed with ${id} from now on.`);
      out.tell(
        before === null
          ? 'There was no key before it.'
          : `${before} has vouched for it and is retired; its public key is kept, its private key is gone.`,
      );
    }
    return 'done';
  } finally {
    writer.close();
  }
};
