// @ts-check
// The list of rules and scenarios that no test names. Titles in here must not begin with a rule's name themselves.
import { describe, expect, test } from 'vitest';
import { counted } from './reported.mjs';
import { account } from './rules.mjs';

const scope = { inScope: ['R1', 'R10', 'S1', 'S-1', 'consent 1', 'consent 11'], outOfScope: { C9: 'later' } };
const unnamed = (/** @type {string[]} */ ...titles) => account(scope, titles).unnamed;

describe('the account of rules', () => {
  test('takes a name as a whole word only', () => {
    expect(unnamed('R10: order does not matter')).toEqual(['R1', 'S1', 'S-1', 'consent 1', 'consent 11']);
    expect(unnamed('S-1: one session over midnight')).toEqual(['R1', 'R10', 'S1', 'consent 1', 'consent 11']);
    expect(unnamed('consent 11: two tabs')).toEqual(['R1', 'R10', 'S1', 'S-1', 'consent 1']);
    expect(unnamed('AR1 R1x R1-b xR10')).toEqual(scope.inScope);
  });

  test('finds names anywhere in a title and in the titles around it', () => {
    expect(unnamed('R1, R10: both', 'sessions (S1) > S-1 holds', 'the page consent 1: nothing', 'consent 11')).toEqual(
      [],
    );
  });

  test('lists what is for later with its reason until a test names it', () => {
    expect(account(scope, []).later).toEqual([['C9', 'later']]);
    expect(account(scope, ['C9: one sequence a week']).later).toEqual([]);
  });

  test('reports a name at the head of a title that no list holds', () => {
    expect(account(scope, ['R77: a slip', 'R1: fine', 'see R78']).unknown).toEqual(['R77']);
  });
});

describe('the count of a report', () => {
  const assertion = (/** @type {string} */ status) => ({ status, title: status, fullName: `it ${status}` });
  const file = (/** @type {string[]} */ ...statuses) => ({
    name: 'a',
    status: 'passed',
    assertionResults: statuses.map(assertion),
  });

  test('adds up, and gives the titles of those that ran', () => {
    const report = { success: false, testResults: [file('passed', 'failed'), file('pending', 'todo', 'skipped')] };
    expect(counted(report, 1)).toEqual({ passed: 1, failed: 1, skipped: 3, titles: ['it passed', 'it failed'] });
  });

  test('counts a file that could not be loaded', () => {
    const report = {
      success: false,
      testResults: [file('passed'), { name: 'b', status: 'failed', assertionResults: [] }],
    };
    expect(counted(report, 1)).toMatchObject({ passed: 1, failed: 1 });
  });

  test('counts a bad end without a failed test', () => {
    expect(counted({ success: true, testResults: [file('passed')] }, 1)).toMatchObject({ passed: 1, failed: 1 });
    expect(counted({ success: true, testResults: [file('passed')] }, 0)).toMatchObject({ passed: 1, failed: 0 });
  });
});
