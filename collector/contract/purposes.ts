// What data may be used for. `necessary` covers the consent record itself and never an event.

export const purposes = ['measurement', 'personalisation', 'marketing', 'sharing'] as const;
export type Purpose = (typeof purposes)[number];

/** A purpose is worth nothing without those it builds on: denying one denies its dependants. */
export const requires: Readonly<Record<Purpose, Purpose | null>> = {
  measurement: null,
  personalisation: 'measurement',
  marketing: 'personalisation',
  sharing: 'personalisation',
};

/** Ordered from weak to strong: a browser's word, the shop's server's word, a proven word (R6). */
export const assurances = ['claimed', 'transactional', 'verified'] as const;
export type Assurance = (typeof assurances)[number];
