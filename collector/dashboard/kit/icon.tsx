// The few pictures of the dashboard, drawn in one line weight on a grid of 16. Always beside words, so hidden from those
// who listen.

import type { FC } from 'hono/jsx';

const paths = {
  page: 'M4 1.5h5.5L13 5v9.5H4z M9.5 1.5V5H13',
  product: 'M2 5 8 2l6 3v6l-6 3-6-3z M2 5l6 3 6-3 M8 8v6',
  cart: 'M1 2h2l1.6 8h7.2L13.5 4.5H4 M6 13.2h.01 M11 13.2h.01',
  order: 'M2.5 4.5h11v9h-11z M2.5 7.5h11 M5.5 1.8v2.7 M10.500 1.8v2.7 M6 10.300l1.500 1.500 2.800-2.800',
  money: 'M1.500 4h13v8h-13z M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  person: 'M8 7.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6z M2 14.500c.6-3.400 2.900-5 6-5s5.400 1.600 6 5',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10z M10.800 10.800 14.500 14.500',
  list: 'M5.500 3.500h8.500 M5.500 8h8.500 M5.500 12.500h8.500 M2 3.500h.01 M2 8h.01 M2 12.500h.01',
  message: 'M1.500 3h13v10h-13z M1.500 3.500 8 8.500l6.500-5',
  star: 'M8 1.500l2 4.200 4.500.6-3.300 3.200.8 4.500L8 11.800 4 14l.8-4.500L1.500 6.300 6 5.700z',
  shield: 'M8 1.500l5.500 2v4c0 3.500-2.200 5.800-5.500 7-3.300-1.200-5.500-3.500-5.500-7v-4z',
  tag: 'M1.500 8.500v-7h7l6 6-7 7z M5 5h.01',
  other: 'M8 8h.01 M3 8h.01 M13 8h.01',
  desktop: 'M1.500 2.500h13v8.500h-13z M5 14h6 M8 11v3',
  mobile: 'M4.500 1.500h7v13h-7z M7.500 12.500h1',
  tablet: 'M2.500 1.500h11v13h-11z M7.500 12.500h1',
  server: 'M2 2.500h12v4.500H2z M2 9h12v4.500H2z M4.500 4.750h.01 M4.500 11.250h.01',
  undo: 'M5.500 2 2 5.500 5.500 9 M2 5.500h7a4.500 4.500 0 0 1 0 9H6',
  link: 'M6.500 9.500l3-3 M7 4.500l2-2a3 3 0 0 1 4.500 4.500l-2 2 M9 11.500l-2 2A3 3 0 0 1 2.500 9l2-2',
} as const;
export type IconName = keyof typeof paths;

export const Icon: FC<{ name: IconName }> = ({ name }) => (
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
);
