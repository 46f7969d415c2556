import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.js';

const refusal = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('was accepted');
};

describe('the environment', () => {
  it('says nothing, and everything has its default', () => {
    expect(readConfig({})).toEqual({
      port: 8787,
      host: '127.0.0.1',
      store: { kind: 'sqlite', folder: './data' },
      log: { kind: 'embedded' },
      writeKey: null,
      secretKey: null,
      adminPassword: null,
      keyConsent: 'ledger',
      consentFile: null,
      origins: { kind: 'same' },
      ratePerS: 1000,
      addressRatePerS: 100,
      identitySecret: null,
      bots: 'apart',
      reservedEmail: 'refuse',
      role: 'all',
      demo: false,
      geoFile: null,
      siteFile: null,
      proxies: 0,
      publicUrl: null,
      webhooks: 'public',
    });
  });
  it('asks for the demo, which lets every origin, its bots and its e-mails in unless told otherwise', () => {
    expect(readConfig({ WEFT_DEMO: '1' })).toMatchObject({
      demo: true,
      origins: { kind: 'any' },
      bots: 'keep',
      reservedEmail: 'allow',
    });
    expect(
      readConfig({
        WEFT_DEMO: '1',
        WEFT_BOTS: 'apart',
        WEFT_RESERVED_EMAIL: 'refuse',
        WEFT_ORIGINS: 'https://a.example',
      }),
    ).toMatchObject({
      origins: { kind: 'listed', origins: ['https://a.example'] },
      bots: 'apart',
      reservedEmail: 'refuse',
    });
  });
  it.each([
    ['PORT', '0', { port: 0 }],
    ['HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['HOST', '::1', { host: '::1' }],
    ['WEFT_DATA', '/var/weft', { store: { kind: 'sqlite', folder: '/var/weft' } }],
    ['WEFT_DATA', 'C:\\weft', { store: { kind: 'sqlite', folder: 'C:\\weft' } }],
    ['WEFT_DATA', 'postgres://u:p@h/d', { store: { kind: 'postgres', url: 'postgres://u:p@h/d' } }],
    ['WEFT_LOG', 'nats://h:4222', { log: { kind: 'nats', url: 'nats://h:4222' } }],
    ['WEFT_KEY_CONSENT', 'external', { keyConsent: 'external' }],
    ['WEFT_CONSENT', 'consent.json', { consentFile: 'consent.json' }],
    ['WEFT_SITE', 'site.json', { siteFile: 'site.json' }],
    ['WEFT_ORIGINS', '*', { origins: { kind: 'any' } }],
    [
      'WEFT_ORIGINS',
      ' https://Shop.example/, http://localhost:3000 ',
      { origins: { kind: 'listed', origins: ['https://shop.example', 'http://localhost:3000'] } },
    ],
    ['WEFT_RATE', '5', { ratePerS: 5 }],
    ['WEFT_IDENTITY_SECRET', 's', { identitySecret: 's' }],
    ['WEFT_ROLE', 'door', { role: 'door' }],
    ['WEFT_DEMO', '0', { demo: false }],
    ['WEFT_WRITE_KEY', '', { writeKey: null }],
    ['WEFT_SECRET_KEY', 'sk_x', { secretKey: 'sk_x' }],
    ['WEFT_ADMIN_PASSWORD', 'with spaces: yes', { adminPassword: 'with spaces: yes' }],
    ['SOMETHING_ELSE', 'x', { port: 8787 }],
  ])('%s=%s', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toMatchObject(expected);
  });
  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', 'http'],
    ['HOST', 'a b'],
    ['WEFT_DATA', 'mysql://h/d'],
    ['WEFT_DATA', 'file:///var/weft'],
    ['WEFT_LOG', 'kafka://h'],
    ['WEFT_WRITE_KEY', 'with space'],
    ['WEFT_SECRET_KEY', 'with:colon'],
    ['WEFT_SECRET_KEY', 'é'],
    ['WEFT_SECRET_KEY', 'x'.repeat(201)],
    ['WEFT_KEY_CONSENT', 'none'],
    ['WEFT_ORIGINS', 'other.example'],
    ['WEFT_ORIGINS', 'https://other.example/path'],
    ['WEFT_ORIGINS', 'https://u:p@other.example'],
    ['WEFT_RATE', '0'],
    ['WEFT_BOTS', 'yes'],
    ['WEFT_RESERVED_EMAIL', 'no'],
    ['WEFT_ROLE', 'both'],
    ['WEFT_DEMO', 'yes'],
  ])('%s=%s ends the start with a sentence that names it and says what would do', (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name} must .*\\.$`));
    if (value.length > 6) expect(message).not.toContain(value);
  });
  it('is told of all that is wrong at once', () => {
    expect(refusal({ PORT: 'x', WEFT_RATE: 'x' }).split('\n')).toHaveLength(2);
  });
  it('may not use one key for both', () => {
    expect(refusal({ WEFT_WRITE_KEY: 'same', WEFT_SECRET_KEY: 'same' })).toContain('must differ');
  });
  it('is read once and cannot be changed afterwards', () => {
    const config = readConfig({ WEFT_ORIGINS: 'https://a.example' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.origins)).toBe(true);
    expect(config.origins.kind === 'listed' && Object.isFrozen(config.origins.origins)).toBe(true);
  });
});
