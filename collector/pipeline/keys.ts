// Acts upon keys and accounts, noted in the audit log in the same transaction. What the start of the collector sets up from
// its environment is nobody's act and is not noted.

import type { AuditStore } from '../audit/store.js';
import type { AuditAct } from '../contract/audit.js';
import type { Command, CommandResult } from '../log/log.js';
import { listCredentials, runKeys } from '../site/store.js';
import type { Sql } from '../store/sql.js';

type KeysCommand = Extract<Command, { kind: 'keys' }>;

const words: Readonly<Record<'staff' | 'key', Readonly<Partial<Record<KeysCommand['act'], AuditAct>>>>> = {
  staff: { create: 'account.make', upsert: 'account.password', revoke: 'account.revoke' },
  key: { create: 'key.make', upsert: 'key.make', revoke: 'key.revoke' },
};

export const keysCommand = (sql: Sql, audit: AuditStore, asked: Omit<KeysCommand, 'kind'>): CommandResult =>
  sql.transaction(() => {
    const result = runKeys(sql, asked.act, asked.value);
    if (asked.by === undefined || asked.at === undefined || result.status >= 400) return result;
    const { id } = result.body as { id: string };
    const kind = listCredentials(sql).find((it) => it.id === id)?.kind === 'staff' ? 'staff' : 'key';
    const what = words[kind][asked.act];
    if (what !== undefined) audit.add({ at: asked.at, by: asked.by, what, persons: [], purpose: null, detail: id });
    return result;
  });
