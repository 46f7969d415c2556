// One IndexedDB database with one store. Opened on first use, which the caller must not do before a grant; closed when
// another tab wants to delete it; given up for this page when the browser refuses or does not answer.

import { promisifyRequest, type UseStore } from 'idb-keyval';

const storeName = 'events';
let opening: Promise<IDBDatabase> | undefined;

const open = async (name: string) => {
  const request = indexedDB.open(name);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName);
  // Some browsers never answer an open in a private window.
  const db = await Promise.race([promisifyRequest(request), new Promise<never>((_, no) => setTimeout(no, 2e3))]);
  db.onversionchange = db.onclose = () => {
    db.close();
    opening = undefined;
  };
  return db;
};

/** Committing at once spares the way there and back that an implicit commit waits for. */
export const storeOf =
  (name: string): UseStore =>
  async (mode, run) => {
    opening ??= open(name);
    const transaction = (await opening).transaction(storeName, mode);
    const result = run(transaction.objectStore(storeName));
    if (mode === 'readwrite') transaction.commit();
    return result;
  };

/**
 * Empties the store over the open connection, so that a blocked deletion leaves nothing behind; without a connection the
 * deletion is blind and reads nothing (consent.md section 3).
 */
export const dropDatabase = (name: string) => {
  if (opening) storeOf(name)('readwrite', (store) => void store.clear()).catch(() => {});
  indexedDB.deleteDatabase(name);
};
