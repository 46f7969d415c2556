// What a person may ask for with what lies on their own device: a copy of their data, and its end. The id of the device
// and the receipt together prove who asks; nobody else has both.

import { pause } from '../browser/clock.js';
import { download } from '../browser/element.js';
import { brought } from '../browser/net.js';

const answerMaxMs = 3e4;
const waitMs = 1500;
/** Five minutes, then the person is told to come back. */
const waitsMax = 200;

export interface Proof {
  visitorId: string | undefined;
  receipt: string | undefined;
}

interface Asked {
  id: string;
  token: string;
}

const post = (url: string, proof: Proof) =>
  brought(url, answerMaxMs, { method: 'POST', body: JSON.stringify(proof) }) as Promise<Asked | undefined>;

/** False where it could not be had. */
export const takeOut = async (host: string, proof: Proof): Promise<boolean> => {
  const url = `${host}/v1/privacy/exports`;
  const asked = await post(url, proof);
  if (!asked) return false;
  for (let waits = 0; waits < waitsMax; waits++) {
    const { state: now } = ((await brought(`${url}/${asked.id}`, answerMaxMs, {
      headers: { 'weft-token': asked.token },
    })) ?? {}) as { state?: string };
    if (now === 'done') return download(`${url}/${asked.id}/file`, asked.token, 'my-data.zip');
    if (now === 'failed' || now === 'expired' || now === 'erased') return false;
    await pause(waitMs);
  }
  return false;
};

export const erase = async (host: string, proof: Proof): Promise<boolean> =>
  !!(await post(`${host}/v1/privacy/erasures`, proof));
