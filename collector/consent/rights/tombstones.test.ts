import { beforeEach, describe, expect, test } from 'vitest';
import type { Sql } from '../../store/sql.js';
import { openSqlite } from '../../store/sqlite.js';
import { keyedHash } from '../keys.js';
import { consentMigrations } from '../migrations.js';
import { mayReturn, openTombstones, type Tombstones } from './tombstones.js';

let sql: Sql;
let tombstones: Tombstones;
beforeEach(() => {
  sql = openSqlite(':memory:', consentMigrations);
  tombstones = openTombstones(sql, keyedHash('secret'));
});

describe('tombstones', () => {
  test('R14: what is under one is found by its kind and value, and by nothing else', () => {
    tombstones.add('userId', 'u1', 'erased', 100);
    expect(tombstones.of('userId', 'u1')).toEqual({
      kind: 'userId',
      cause: 'erased',
      scope: 15,
      erasedAt: 100,
      generation: 1,
      openedAt: null,
    });
    expect(tombstones.of('userId', 'u2')).toBeNull();
    expect(tombstones.of('visitorId', 'u1')).toBeNull();
  });

  test('R14: the table holds no identifier in the clear, and another secret finds nothing in it', () => {
    tombstones.add('email', 'jane@shop.com', 'erased', 100);
    tombstones.add('external:crm', 'c-77', 'erased', 100);
    const dump = JSON.stringify(sql.prepare('SELECT *, hex(key) FROM tombstones').all());
    expect(dump).not.toContain('jane');
    expect(dump).not.toContain('c-77');
    expect(dump).not.toContain(Buffer.from('jane@shop.com').toString('hex').toUpperCase());
    expect(sql.prepare('SELECT length(key) AS bytes FROM tombstones').all()).toEqual([{ bytes: 16 }, { bytes: 16 }]);
    expect(openTombstones(sql, keyedHash('another')).of('email', 'jane@shop.com')).toBeNull();
  });

  test('a value found absent is found once it is added, also by its key alone', () => {
    expect(tombstones.of('visitorId', 'v1')).toBeNull();
    tombstones.add('visitorId', 'other', 'erased', 1);
    expect(tombstones.of('visitorId', 'v1')).toBeNull();
    tombstones.addKey('visitorId', keyedHash('secret')('visitorId', 'v1'), 'withdrawn', 2);
    expect(tombstones.of('visitorId', 'v1')).toMatchObject({ cause: 'withdrawn', erasedAt: 2 });
  });

  test('an erasure is never softened by a withdrawal, a withdrawal becomes an erasure', () => {
    tombstones.add('visitorId', 'v1', 'erased', 10);
    tombstones.add('visitorId', 'v1', 'withdrawn', 20);
    expect(tombstones.of('visitorId', 'v1')).toMatchObject({ cause: 'erased', erasedAt: 10 });
    tombstones.add('visitorId', 'v2', 'withdrawn', 10);
    tombstones.add('visitorId', 'v2', 'erased', 20);
    expect(tombstones.of('visitorId', 'v2')).toMatchObject({ cause: 'erased', erasedAt: 20 });
  });

  test('R14: each erasure after a return is one generation more; erased twice without a return is one', () => {
    expect(tombstones.generationOf('userId', 'u1')).toBe(0);
    tombstones.add('userId', 'u1', 'erased', 10);
    tombstones.add('userId', 'u1', 'erased', 20);
    expect(tombstones.generationOf('userId', 'u1')).toBe(1);
    expect(tombstones.of('userId', 'u1')).toMatchObject({ erasedAt: 20, openedAt: null });
    tombstones.open('userId', 'u1', 30);
    tombstones.open('userId', 'u1', 40);
    expect(tombstones.of('userId', 'u1')).toMatchObject({ generation: 1, openedAt: 30 });
    tombstones.add('userId', 'u1', 'erased', 50);
    expect(tombstones.of('userId', 'u1')).toMatchObject({ generation: 2, erasedAt: 50, openedAt: null });
  });

  test('an erasure that is resumed does not shut out who has returned since its request', () => {
    tombstones.add('userId', 'u1', 'erased', 10);
    tombstones.open('userId', 'u1', 30);
    tombstones.add('userId', 'u1', 'erased', 10);
    expect(tombstones.of('userId', 'u1')).toMatchObject({ generation: 1, openedAt: 30, erasedAt: 10 });
  });

  test('after a rollback and dropCaches, nothing is remembered that was not kept', () => {
    expect(() =>
      sql.transaction(() => {
        tombstones.add('userId', 'u1', 'erased', 10);
        expect(tombstones.of('userId', 'u1')).not.toBeNull();
        throw new Error('the batch failed');
      }),
    ).toThrow('the batch failed');
    tombstones.dropCaches();
    expect(tombstones.of('userId', 'u1')).toBeNull();
  });

  test.each([
    [{ at: 101, effectiveAt: 101, boundAt: 101 }, true, 'all later'],
    [{ at: 101, effectiveAt: 100, boundAt: 101 }, false, 'given at the very instant'],
    [{ at: 101, effectiveAt: 90, boundAt: 101 }, false, 'given before, delivered after'],
    [{ at: 99, effectiveAt: 101, boundAt: 99 }, false, 'dated ahead by its device'],
    [{ at: 101, effectiveAt: 101, boundAt: 50 }, false, 'an old device'],
  ])('R14: a grant %j lets somebody erased at 100 return: %s (%s)', (grant, returns) => {
    const tombstone = {
      kind: 'userId',
      cause: 'erased',
      scope: 15,
      erasedAt: 100,
      generation: 1,
      openedAt: null,
    } as const;
    expect(mayReturn(tombstone, grant)).toBe(returns);
  });
});
