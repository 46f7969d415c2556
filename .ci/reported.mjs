// @ts-check
// Reads what vitest reported (its JSON reporter) into three counts and the titles of the tests that ran.

/**
 * @typedef {{ status: string, fullName: string, title: string }} Assertion
 * @typedef {{ name: string, status: string, message?: string, assertionResults: Assertion[] }} File
 * @typedef {{ success: boolean, testResults: File[] }} Report
 */

/**
 * @param {Report} report
 * @param {number} exitCode of vitest; a bad end without a failed test (an unhandled rejection, say) is a failure too
 */
export function counted(report, exitCode) {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const passed = tests.filter((test) => test.status === 'passed').length;
  let failed = tests.filter((test) => test.status === 'failed').length;
  // A file that could not be loaded has no tests to fail.
  failed += report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  if (failed === 0 && (exitCode !== 0 || !report.success)) failed = 1;
  const ran = tests.filter((test) => test.status === 'passed' || test.status === 'failed');
  return { passed, failed, skipped: tests.length - ran.length, titles: ran.map((test) => test.fullName) };
}
