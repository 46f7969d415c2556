// What operators see at /metrics: counts of verdicts by code, what waits, how long requests take. Labels come from closed
// lists and from route patterns, never from a request: no id, no address, no key.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { warningCodes } from '../contract/codes.js';
import { verdicts } from '../errors.js';
import type { Answer } from '../log/log.js';

export interface Meters {
  answered: (answer: Answer) => void;
  requested: (method: string, route: string, status: number, seconds: number) => void;
  text: () => Promise<string>;
  contentType: string;
}

const known = new Set<string>([...Object.keys(verdicts), ...warningCodes]);
const methods = new Set(['GET', 'POST', 'OPTIONS', 'HEAD', 'PUT', 'DELETE', 'PATCH']);

export const openMeters = (waiting: () => number, options: { process: boolean }): Meters => {
  const registry = new Registry();
  const registers = [registry];
  if (options.process) collectDefaultMetrics({ register: registry });
  const events = new Counter({
    name: 'weft_events_total',
    help: 'Events by verdict and, where it is no plain yes, its code.',
    labelNames: ['verdict', 'code'] as const,
    registers,
  });
  const warned = new Counter({
    name: 'weft_event_warnings_total',
    help: 'Warnings about accepted events by code.',
    labelNames: ['code'] as const,
    registers,
  });
  const redacted = new Counter({
    name: 'weft_redactions_total',
    help: 'What was taken out of accepted events before they were stored, by where it stood.',
    labelNames: ['kind'] as const,
    registers,
  });
  const discarded = new Counter({
    name: 'weft_discarded_total',
    help: 'Events that pages let go of before sending them, by reason.',
    labelNames: ['reason'] as const,
    registers,
  });
  const requests = new Histogram({
    name: 'weft_request_duration_seconds',
    help: 'From the request line to the answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  new Gauge({
    name: 'weft_events_waiting',
    help: 'Events taken in and not yet committed.',
    registers,
    collect() {
      this.set(waiting());
    },
  });
  const codeOf = (code: string): string => (known.has(code) ? code : 'other');
  return {
    answered: (answer) => {
      if (answer.accepted > 0) events.inc({ verdict: 'accepted', code: '' }, answer.accepted);
      if (answer.duplicates > 0) events.inc({ verdict: 'duplicate', code: '' }, answer.duplicates);
      for (const verdict of ['held', 'dropped', 'rejected'] as const) {
        for (const { code } of answer[verdict]) events.inc({ verdict, code: codeOf(code) });
      }
      for (const [kind, n] of Object.entries(answer.redactions ?? {})) redacted.inc({ kind }, n);
      for (const [reason, n] of Object.entries(answer.discarded ?? {})) discarded.inc({ reason }, n);
      for (const { code } of answer.warnings) warned.inc({ code: codeOf(code) });
    },
    requested: (method, route, status, seconds) => {
      requests.observe({ method: methods.has(method) ? method : 'other', route, status }, seconds);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
};
