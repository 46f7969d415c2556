// Station 1: as many bytes as the wire allows, and not one more, are ever in memory for a request.

import { limits } from '../contract/limits.js';
import { type Refusal, refuse } from '../errors.js';

/** Deflate cannot save on noise: its frame may be a little larger than what it holds. Inflating is bounded exactly. */
const rawMaxBytes = limits.bodyMaxBytes + 1_024;

export const readBody = async (request: Request): Promise<Uint8Array | Refusal> => {
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > rawMaxBytes) return refuse('body_too_large');
  try {
    // With a declared length the server hands over no more than that, so the quick way is bounded too.
    if (declared !== null) {
      const body = new Uint8Array(await request.arrayBuffer());
      return body.length > rawMaxBytes ? refuse('body_too_large') : body;
    }
    if (request.body === null) return new Uint8Array(0);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const reader = request.body.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      bytes += read.value.length;
      if (bytes > rawMaxBytes) {
        // The rest is never read.
        await reader.cancel();
        return refuse('body_too_large');
      }
      chunks.push(read.value);
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  } catch {
    return refuse('bad_json', { message: 'The body broke off.' });
  }
};
