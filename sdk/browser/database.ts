// One IndexedDB database with one store. Opened on first use, which the caller must not do before a grant; closed when
// another tab wants to delete it; given up for this page when the browser refuses or does not answer.

/** Some browsers never answer in a private window. */
const answerMaxMs = 5e3;
const storeName = 'events';
let opening: Promise<IDBDatabase> | undefined;

/** The result of a request, or the end of a transaction. */
const done = <Result>(of: IDBRequest<Result> | IDBTransaction): Promise<Result> =>
  new Promise((yes, no) => {
    const asked = of as IDBRequest<Result> & IDBTransaction;
    asked.onsuccess = asked.oncomplete = () => yes(asked.result);
    asked.onerror = asked.onabort = no;
    setTimeout(no, answerMaxMs);
  });

const open = async (name: string) => {
  const request = indexedDB.open(name);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName);
  const db = await done(request);
  db.onversionchange = db.onclose = () => {
    db.close();
    opening = undefined;
  };
  return db;
};

/**
 * One transaction; what is given is asked of its store at once. Committing by ourselves spares the way there and back that an
 * implicit commit waits for. What comes back is the result of what `use` asked for, if it asked for one thing.
 */
export const inStore = async <Result>(
  name: string,
  use: (store: IDBObjectStore) => IDBRequest<Result> | void,
): Promise<Result | undefined> => {
  const transaction = (await (opening ??= open(name))).transaction(storeName, 'readwrite');
  const asked = use(transaction.objectStore(storeName));
  transaction.commit();
  await done(transaction);
  return asked?.result;
};

/**
 * Empties the store over the open connection, so that a blocked deletion leaves nothing behind; without a connection the
 * deletion is blind and reads nothing (consent.md section 3).
 */
export const dropDatabase = (name: string) => {
  if (opening) inStore(name, (store) => store.clear()).catch(() => {});
  indexedDB.deleteDatabase(name);
};
