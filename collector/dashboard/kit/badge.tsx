// A word with a colour. The word alone must tell; the colour only helps to find it.

import type { FC, PropsWithChildren } from 'hono/jsx';

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'private' | 'accent';

export const Badge: FC<PropsWithChildren<{ tone?: Tone }>> = ({ tone = 'plain', children }) => (
  <span class={`badge ${tone}`}>{children}</span>
);
