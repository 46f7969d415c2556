// The SQL seam: what a folder needs to own a table. The embedded engine is synchronous (one writer, one transaction a
// batch, nothing awaited inside it), so the seam is too. It knows no table; each folder keeps its SQL as text in its
// own `store.ts` and its tables in its own `migrations.ts`.

export type SqlValue = string | number | bigint | Uint8Array | null;

export interface Statement<Row> {
  get: (...values: SqlValue[]) => Row | undefined;
  all: (...values: SqlValue[]) => Row[];
  iterate: (...values: SqlValue[]) => IterableIterator<Row>;
  run: (...values: SqlValue[]) => { changes: number; lastInsertRowid: number | bigint };
}

export interface Sql {
  /** Prepared once per text and kept. */
  prepare: <Row = Record<string, SqlValue>>(text: string) => Statement<Row>;
  /** Runs several statements; for migrations. */
  exec: (text: string) => void;
  /** All or nothing; nested calls join the outer one. */
  transaction: <Result>(work: () => Result) => Result;
}

/** Applied once, in the order of their names, over all folders: `0001-events`, `0002-identity` … */
export interface Migration {
  name: string;
  sql: string;
}
