// The file of a copy of somebody's data: where it lies, and as it is handed out.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

export const exportFile = (folder: string, id: string): string => join(folder, `${id}.zip`);

/** null: there is none. */
export const openExportFile = async (
  folder: string | null,
  id: string,
): Promise<{ body: ReadableStream; headers: Record<string, string> } | null> => {
  if (folder === null) return null;
  const file = exportFile(folder, id);
  const size = await stat(file).then(
    (found) => found.size,
    () => null,
  );
  if (size === null) return null;
  return {
    body: Readable.toWeb(createReadStream(file)) as ReadableStream,
    headers: { 'Content-Type': 'application/zip', 'Content-Length': String(size) },
  };
};
