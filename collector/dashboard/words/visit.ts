// A visit in words: on what, from where, how.

import type { SessionItem } from '../../contract/profile.js';
import type { IconName } from '../kit/icon.js';
import { legible } from '../kit/said.js';
import { duration } from '../kit/time.js';

type Device = SessionItem['device'];

const kinds: Readonly<Record<string, { word: string; icon: IconName }>> = {
  desktop: { word: 'Computer', icon: 'desktop' },
  mobile: { word: 'Phone', icon: 'mobile' },
  tablet: { word: 'Tablet', icon: 'tablet' },
  tv: { word: 'TV', icon: 'desktop' },
  console: { word: 'Console', icon: 'desktop' },
  wearable: { word: 'Watch', icon: 'mobile' },
  server: { word: 'Server', icon: 'server' },
};
export const deviceIcon = (device: Device): IconName =>
  Object.hasOwn(kinds, device.kind) ? kinds[device.kind]!.icon : 'desktop';

/** `a phone, Chrome on Android`, within a sentence; null where nothing is known. */
export const onDevice = (device: Device): string | null => {
  if (!Object.hasOwn(kinds, device.kind)) return null;
  const words = deviceWords(device);
  return `a ${device.kind === 'tv' ? words : words.charAt(0).toLowerCase() + words.slice(1)}`;
};

/** `Phone, Chrome on Android`. */
export const deviceWords = ({ browser, os, kind }: Device): string => {
  const known = Object.hasOwn(kinds, kind) ? kinds[kind]!.word : 'Unknown device';
  const program = [browser, os === null ? null : browser === null ? os : `on ${os}`].filter((part) => part !== null);
  return program.length === 0 ? known : `${known}, ${legible(program.join(' '), 60)}`;
};

/** S2: the first touch is what brought the visit; a visit without one came directly. */
export const channelWords = (touches: SessionItem['touches']): string => {
  const first = touches[0];
  return first === undefined ? 'Came directly' : touchWords(first);
};
export const touchWords = ({ channel, source, campaign }: SessionItem['touches'][number]): string => {
  const from = source === null ? '' : ` from ${legible(source, 60)}`;
  const of = campaign === null ? '' : ` (${legible(campaign, 60)})`;
  return `${legible(channel, 40)}${from}${of}`;
};

/**
 * How long it was, and how much of it before a person's eyes. A page that lay open tells of its last seconds when it is
 * left, which may begin another visit: then these are all there is of it.
 */
export const lengthWords = ({
  startedAt,
  endedAt,
  engagedMs,
}: Pick<SessionItem, 'startedAt' | 'endedAt' | 'engagedMs'>): string => {
  const lengthMs = Date.parse(endedAt) - Date.parse(startedAt);
  if (engagedMs <= 0) return duration(lengthMs);
  return duration(lengthMs) === duration(engagedMs) || engagedMs > lengthMs
    ? `${duration(engagedMs)} engaged`
    : `${duration(lengthMs)}, ${duration(engagedMs)} of it engaged`;
};

const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });
export const countryWord = (code: string | null): string | null => {
  if (code === null || !/^[A-Z]{2}$/.test(code)) return null;
  return regions.of(code) ?? code;
};
