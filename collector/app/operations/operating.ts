// What operators ask.

import type { Operation } from './operation.js';

export const operating: readonly Operation[] = [
  {
    method: 'get',
    path: '/healthz',
    tag: 'Operating',
    summary: 'The process lives',
    security: 'none',
    answer: { status: 200, description: 'It does.' },
    errors: [],
  },
  {
    method: 'get',
    path: '/readyz',
    tag: 'Operating',
    summary: 'Events are taken',
    security: 'none',
    answer: {
      status: 200,
      description: 'They are; 503 while starting or stopping, and while the store takes nothing: `hint` says why.',
    },
    errors: ['unavailable'],
  },
  {
    method: 'get',
    path: '/metrics',
    tag: 'Operating',
    summary: 'Counts for Prometheus',
    description: 'Verdicts by code, warnings, what waits, durations by route. No ids.',
    security: 'none',
    answer: { status: 200, description: 'Text for Prometheus.', type: 'text/plain' },
    errors: [],
  },
];
