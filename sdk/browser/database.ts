// One IndexedDB database with one store. Opened on first use, which the caller must not do before a grant; closed when
// another tab wants to delete it; given up for this page when the browser refuses or does not answer.

const storeName = 'events';
let opening: Promise<IDBDatabase> | undefined;

/** The result of a request, or the end of a transaction. */
const done = <Result>(of: IDBRequest<Result> | IDBTransaction): Promise<Result> =>
  new Promise((yes, no) => {
    const asked = of as IDBRequest<Result> & IDBTransaction;
    asked.onsuccess = asked.oncomplete = () => yes(asked.result);
    asked.onerror = asked.onabort = () => no(asked.error);
  });

const open = async (name: string) => {
  const request = indexedDB.open(name);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName);
  // Some browsers never answer an open in a private window.
  const db = await Promise.race([done(request), new Promise<never>((_, no) => setTimeout(no, 2e3))]);
  db.onversionchange = db.onclose = () => {
    db.close();
    opening = undefined;
  };
  return db;
};

/** What of the store may be used in one transaction, opened by the first call. */
const storeOf = async (name: string, mode: IDBTransactionMode) =>
  (await (opening ??= open(name))).transaction(storeName, mode).objectStore(storeName);

export const read = async <Entry>(name: string, countMax: number): Promise<Entry[]> =>
  done((await storeOf(name, 'readonly')).getAll(null, countMax));

/** Committing at once spares the way there and back that an implicit commit waits for. */
export const write = async (name: string, change: (store: IDBObjectStore) => void): Promise<unknown> => {
  const store = await storeOf(name, 'readwrite');
  change(store);
  store.transaction.commit();
  return done(store.transaction);
};

/**
 * Empties the store over the open connection, so that a blocked deletion leaves nothing behind; without a connection the
 * deletion is blind and reads nothing (consent.md section 3).
 */
export const dropDatabase = (name: string) => {
  if (opening) write(name, (store) => void store.clear()).catch(() => {});
  indexedDB.deleteDatabase(name);
};
