// How far a request is, and by when it must be answered: said alike in the list and of one.

import type { FC } from 'hono/jsx';
import type { RightsRequest } from '../../../consent/rights/view.js';
import { type House, segment } from '../../frame.js';
import { Badge, type Tone } from '../../kit/badge.js';
import { Time } from '../../kit/time.js';
import { counted, useView } from '../../kit/view.js';

export const here = '/privacy/requests';

const dayMs = 86_400_000;
/** What is due within this is pressing. */
export const nearMs = 7 * dayMs;

export const kindWords: Readonly<Record<RightsRequest['kind'], string>> = {
  access: 'Access',
  erasure: 'Erasure',
  objection: 'Objection',
};

export const erasureSteps = 10;
export const isOpen = ({ state, pending }: RightsRequest): boolean =>
  state === 'accepted' || state === 'running' || pending > 0;
const stateTone = (state: string): Tone =>
  state === 'done'
    ? 'good'
    : state === 'failed'
      ? 'bad'
      : state === 'accepted' || state === 'running'
        ? 'warn'
        : 'plain';

/** Who asked, in words: the person, the shop's server, an account of staff, or a key by its id. */
export const whoAsked = (house: House, by: string): string =>
  by === 'person' ? 'the person' : by === 'shop' ? 'your server' : (house.keys.account(by)?.name ?? by);

export const Due: FC<{ request: RightsRequest }> = ({ request }) => {
  const { now } = useView();
  if (!isOpen(request) && request.state !== 'failed') return null;
  return (
    <>
      <Time at={request.dueAt} as="day" />{' '}
      {request.overdue || Date.parse(request.dueAt) < now ? (
        <Badge tone="bad">overdue</Badge>
      ) : (
        Date.parse(request.dueAt) - now < nearMs && <Badge tone="warn">due soon</Badge>
      )}
    </>
  );
};

export const Far: FC<{ request: RightsRequest }> = ({ request: { state, step, pending } }) => {
  const { locale } = useView();
  return (
    <>
      <Badge tone={stateTone(state)}>{state}</Badge>
      {step !== null && state !== 'done' && (
        <span class="soft">
          {' '}
          step {String(step)} of {String(erasureSteps)}
        </span>
      )}
      {pending > 0 && <span class="soft"> {counted(pending, 'recipient', locale)} pending</span>}
    </>
  );
};

export const pathOf = (id: string): string => `${here}/${segment(id)}`;
