// What a user agent says of the device: a browser's family and major version, a system's family, a kind. Nothing finer is
// kept (consent.md, section 4, row 9), so that a device is never recognised by it.

import { UAParser } from 'ua-parser-js';
import type { DeviceKind } from '../events/event.js';
import { recent } from '../store/recent.js';

/** ua-parser-js reads no further either; a longer string differs in nothing we keep. */
const lengthMax = 500;

/** Clients of servers and scripts: the first word is the program, and there is no screen behind it. */
const program =
  /^(?:curl|wget|python|aiohttp|httpx|axios|node|undici|got|deno|bun|ruby|faraday|go-http-client|java|apache-httpclient|okhttp|guzzlehttp|php|perl|libwww-perl|postmanruntime|insomnia|analytics-|rudder|segment)[\w.-]*(?:[/ ]|$)/i;

const desktop: ReadonlySet<string> = new Set(
  (
    'Windows|Mac OS|Linux|Chromium OS|Ubuntu|Debian|Fedora|Gentoo|Arch|CentOS|RedHat|SUSE|Slackware|Mint|Mageia|' +
    'Mandriva|PCLinuxOS|Zenwalk|VectorLinux|Kubuntu|Xubuntu|Raspbian|Manjaro|elementary OS|Sabayon|Linspire|Deepin|' +
    'FreeBSD|OpenBSD|NetBSD|DragonFly|PC-BSD|GhostBSD|Solaris|AIX|HP-UX|OS/2|AmigaOS|BeOS|Haiku|RISC OS|Plan9|Minix|' +
    'GNU|Hurd|Unix|OpenVMS|MorphOS'
  ).split('|'),
);

const kinds: Readonly<Record<string, DeviceKind['kind']>> = {
  mobile: 'mobile',
  tablet: 'tablet',
  smarttv: 'tv',
  console: 'console',
  wearable: 'wearable',
};

const nothing: DeviceKind = Object.freeze({ browser: null, os: null, kind: 'unknown' });

/** Some names are captured from the string itself, so a name is bounded and made of name characters. */
const family = (name: string | undefined): string | null => {
  const clean = (name ?? '')
    .replace(/[^\w .+!()/-]/g, '')
    .slice(0, 40)
    .trim();
  return clean === '' ? null : clean;
};

const parse = (userAgent: string): DeviceKind => {
  const parser = new UAParser(userAgent);
  const { name, major } = parser.getBrowser();
  const os = family(parser.getOS().name);
  const browser = family(name);
  const type = parser.getDevice().type;
  const kind =
    type !== undefined
      ? (kinds[type] ?? 'unknown')
      : program.test(userAgent)
        ? 'server'
        : os !== null && desktop.has(os)
          ? 'desktop'
          : 'unknown';
  // A "major" of more digits is the number or the date of a build, finer than a major version should be.
  const versioned = browser !== null && major !== undefined && /^\d{1,4}$/.test(major);
  return Object.freeze({ browser: versioned ? `${browser} ${major}` : browser, os, kind });
};

// A shop sees a few hundred strings a day, over and over. They name no one, and the bound keeps a forger's out.
const known = recent<string, DeviceKind>(4_000);

/**
 * The system carries no version: browsers have frozen it (macOS says 10.15 since 2020, Windows 11 says 10, Chrome's
 * Android says 10), so that it would be a figure that looks like knowledge.
 */
export const readDevice = (userAgent: string | null): DeviceKind => {
  if (typeof userAgent !== 'string' || userAgent === '') return nothing;
  const key = userAgent.slice(0, lengthMax);
  let device = known.get(key);
  if (device === undefined) {
    device = parse(key);
    known.set(key, device);
  }
  return device;
};
