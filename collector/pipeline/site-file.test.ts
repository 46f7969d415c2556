import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, test } from 'vitest';
import { ConfigError, readConfig } from '../config.js';
import { writerOptions } from '../embedded.js';
import { identify, openShop, page, secretKey, track } from './calls.fixture.js';
import { submissionOf } from './sent.fixture.js';
import { readSiteOptions, siteSchema } from './site-file.js';
import { openWriter } from './writer.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'weft-site-'));
  folders.push(made);
  return made;
};
const file = (text: string): string => {
  const path = join(folder(), 'site.json');
  writeFileSync(path, text);
  return path;
};

/** A shop as the collector opens one: from the environment, through the same options as `serve` and every command. */
const shopWith = (options: Record<string, unknown>) => {
  const { rules, site } = writerOptions(
    readConfig({ WEFT_DATA: folder(), WEFT_SITE: file(JSON.stringify(options)), WEFT_RESERVED_EMAIL: 'allow' }),
  );
  return openShop(site, rules.bots, rules);
};
const order = (device: string | null, id: string, minute: number, more: Record<string, unknown> = {}) =>
  track(device, 'Order Completed', minute, { order_id: id, total: 10, currency: 'EUR', ...more });
const visit = { url: 'https://shop.test/', path: '/' };

describe('R2: the site’s own list of blocked identifiers', () => {
  const shop = () =>
    shopWith({
      blockedIdentifiers: ['Walk-In', 'kasse@shop.test', '+4930123456', '9e2b1c3d-7f00-4a11-8c22-000000000001'],
    });
  it.each<[string, Record<string, unknown>]>([
    ['as it stands', { userId: 'Walk-In' }],
    ['in another case and in quotes', { userId: '"WALK-IN"' }],
    ['an e-mail as a user id', { userId: 'Kasse@Shop.test' }],
  ])('R2: drops a user id, %s, and keeps the event on its device', (_, more) => {
    const it = shop();
    const answer = it.send([identify('A1', 'x', 0, more)]);
    expect([answer.accepted, answer.warnings.map(({ code }) => code)]).toEqual([1, ['identifier_refused']]);
    expect(it.one({ anonymousId: 'A1' }).identifiers.map(({ type }) => type)).toEqual(['anonymous_id']);
  });
  it('R2: rejects what has nothing else', () => {
    const answer = shop().send([page('9e2b1c3d-7f00-4a11-8c22-000000000001', 0), identify(null, 'walk-in', 1)]);
    expect(answer.rejected.map(({ code }) => code)).toEqual(['no_identity', 'no_identity']);
  });
  it('R2: joins nobody by a listed e-mail, phone or order', () => {
    const it = shopWith({ blockedIdentifiers: ['kasse@shop.test', '+4930123456', 'TEST-ORDER'] });
    const contacts = { email: 'kasse@shop.test', phone: '+49 30 123456' };
    it.send([order('A1', 'o1', 0, contacts), order('A2', 'o2', 1, contacts)], { key: secretKey });
    expect(it.profiles()).toBe(2);
    const answer = it.send([order(null, 'test-order', 2)], { key: secretKey });
    expect(answer.rejected.map(({ code }) => code)).toEqual(['no_identity']);
  });
  it('R2: lets the same through where no list says otherwise', () => {
    const it = shopWith({});
    it.send([identify('A1', 'Walk-In', 0)]);
    expect(it.one({ userId: 'Walk-In' }).counts.events).toBe(1);
  });
});

describe('R7: emailMerge', () => {
  /** The same e-mail: typed on A1, ordered with on A2 and by a server alone, and the same phone on A4 and A5. */
  const met = (emailMerge?: string) => {
    const it = shopWith(emailMerge === undefined ? {} : { emailMerge });
    it.send([page('A1', 0), identify('A1', '', 1, { userId: undefined, traits: { email: 'jo@shop.test' } })]);
    it.send(
      [
        order('A2', 'o2', 2, { email: 'Jo@shop.test' }),
        order('A3', 'o3', 3, { email: 'jo@shop.test' }),
        order(null, 'o6', 4, { email: 'jo@shop.test' }),
        order('A4', 'o4', 5, { phone: '+4930123456' }),
        order('A5', 'o5', 6, { phone: '+4930123456' }),
      ],
      { key: secretKey },
    );
    expect(it.rebuild().equal).toBe(true);
    return it;
  };
  const together = (it: ReturnType<typeof met>) => {
    const ids = ['A1', 'A2', 'A3', 'A4', 'A5'].map((device) => it.one({ anonymousId: device }).id);
    return ids.map((id) => ids.indexOf(id) + 1).join('');
  };
  it.each([
    ['off', '12345'],
    ['transactional', '12244'],
    [undefined, '12244'],
    ['claimed', '11144'],
  ])('R7: %s', (emailMerge, expected) => {
    expect(together(met(emailMerge))).toBe(expected);
  });
  it('R7: off leaves an order that has an e-mail alone to a profile of that e-mail, and no event without an owner', () => {
    const it = met('off');
    const holder = it
      .by({ email: 'jo@shop.test' })
      .find((one) => one.identifiers.every(({ type }) => type === 'email'))!;
    expect(it.orders(holder.id).map(({ orderId }) => orderId)).toEqual(['o6']);
    expect(it.profiles()).toBe(6);
  });
  it('R7: off is about e-mails and phones: external ids still join, and R11 an alias still renames and takes its device along', () => {
    const it = shopWith({ emailMerge: 'off' });
    const external = { context: { externalIds: [{ type: 'crm', id: '77' }] } };
    it.send(
      [
        { ...order('A1', 'o1', 0), ...external },
        { ...order('A2', 'o2', 1), ...external },
        page('A3', 2),
        { type: 'alias', messageId: 'al-1', previousId: 'A3', userId: 'U3', timestamp: page('A3', 3).timestamp },
      ],
      { key: secretKey },
    );
    expect(it.one({ anonymousId: 'A1' }).id).toBe(it.one({ anonymousId: 'A2' }).id);
    expect(it.one({ anonymousId: 'A3' }).id).toBe(it.one({ userId: 'U3' }).id);
  });
  it('R7: claimed joins where no two users would meet', () => {
    const it = shopWith({ emailMerge: 'claimed' });
    it.send([
      identify('A1', 'U1', 0, { traits: { email: 'jo@shop.test' } }),
      identify('A2', 'U2', 1, { traits: { email: 'jo@shop.test' } }),
    ]);
    expect(it.one({ userId: 'U1' }).id).not.toBe(it.one({ userId: 'U2' }).id);
  });
});

describe('R8: the site’s list of server-only traits', () => {
  it('R8: a page may set neither those of the list nor the built-in ones; the secret key may', () => {
    const it = shopWith({ serverTraits: ['credit_limit'] });
    const traits = { credit_limit: 1, loyalty_tier: 'gold', colour: 'red' };
    const answer = it.send([identify('A1', 'U1', 0, { traits })]);
    expect(answer.warnings.map(({ code }) => code)).toEqual(['trait_protected']);
    expect(Object.keys(it.one({ userId: 'U1' }).traits)).toEqual(['colour']);
    it.send([identify(null, 'U1', 1, { traits })], { key: secretKey });
    expect(Object.keys(it.one({ userId: 'U1' }).traits).sort()).toEqual(['colour', 'credit_limit', 'loyalty_tier']);
  });
});

describe('S2: the site’s session options', () => {
  const sessions = (options: Record<string, unknown>, minutes: readonly number[]): number => {
    const it = shopWith(options);
    it.send(minutes.map((minute) => page('A1', minute)));
    expect(it.rebuild().equal).toBe(true);
    return it.one({ anonymousId: 'A1' }).counts.sessions;
  };
  const second = 1 / 60;
  it.each([
    [undefined, 30],
    [5, 5],
    [90, 90],
    [240, 240],
  ])('S2: sessionTimeoutMinutes %s: exactly %s:00 is the same session, a second more is another', (set, minutes) => {
    const options = set === undefined ? {} : { sessionTimeoutMinutes: set };
    expect(sessions(options, [0, minutes])).toBe(1);
    expect(sessions(options, [0, minutes + second])).toBe(2);
  });
  it('S2: who is logged in is known as long as the session lasts', () => {
    const it = shopWith({ sessionTimeoutMinutes: 120 });
    it.send([identify('A1', 'U1', 0), page('A1', 100)]);
    expect(it.events(it.one({ userId: 'U1' }).id)[0]).toMatchObject({ ownedBecause: 'session' });
  });
  it.each([
    [undefined, 1],
    [false, 1],
    [true, 2],
  ])('S2: splitOnCampaign %s: two campaigns five minutes apart are %i sessions', (splitOnCampaign, expected) => {
    const it = shopWith(splitOnCampaign === undefined ? {} : { splitOnCampaign });
    const from = (name: string) => ({
      properties: { ...visit, url: `https://shop.test/?utm_source=x&utm_campaign=${name}` },
    });
    it.send([page('A1', 0, from('a')), page('A1', 5, from('b')), page('A1', 6), page('A1', 7, from('b'))]);
    const found = it.sessions(it.one({ anonymousId: 'A1' }).id);
    expect(found).toHaveLength(expected);
    expect(
      found
        .flatMap(({ touches }) => touches)
        .map(({ campaign }) => campaign)
        .sort(),
    ).toEqual(['a', 'b']);
    expect(it.rebuild().equal).toBe(true);
  });
  it('S4, R10: a beat whose campaign begins a visit leaves nothing of the one it superseded in the visit before', () => {
    const it = shopWith({ splitOnCampaign: true });
    const beat = (minute: number, seconds: number, context: object = {}) =>
      track('A1', 'Page Engaged', minute, { page_message_id: 'v1', engaged_ms: seconds * 1000 }, { context });
    it.send([page('A1', 10), beat(11, 20), beat(12, 30, { campaign: { source: 'x', name: 'b' } })]);
    expect(it.sessions(it.one({ anonymousId: 'A1' }).id).map(({ engagedMs }) => engagedMs)).toEqual([30_000, 0]);
    expect(it.rebuild().equal).toBe(true);
  });
  it('S2: splitOnCampaign: the same campaign is no new one after a search, nor by another click', () => {
    const it = shopWith({ splitOnCampaign: true });
    const from = (query: string, referrer?: string) => ({
      properties: { ...visit, url: `https://shop.test/?${query}`, ...(referrer && { referrer }) },
    });
    const campaign = 'utm_source=x&utm_campaign=a';
    it.send([
      page('A1', 0, from(`${campaign}&gclid=first-click-of-it`)),
      page('A1', 5, from('', 'https://www.google.com/')),
      page('A1', 6, from(`${campaign}&gclid=other-click-of-it`)),
    ]);
    const found = it.sessions(it.one({ anonymousId: 'A1' }).id);
    expect(found.map(({ touches }) => touches.map((touch) => touch.campaign))).toEqual([['a', null, 'a']]);
    it.send([page('A1', 7, from(campaign.replace('=a', '=b')))]);
    expect(it.sessions(it.one({ anonymousId: 'A1' }).id)).toHaveLength(2);
    expect(it.rebuild().equal).toBe(true);
  });
});

describe('the file of WEFT_SITE', () => {
  const refusal = (text: string): string => {
    const path = file(text);
    try {
      readSiteOptions(path);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as Error).message).toContain(path);
      return (error as Error).message;
    }
    throw new Error('was not refused');
  };
  it.each([
    ['no JSON', '{\n  "emailMerge": off\n}', 'line 2, column 17: not JSON'],
    ['a comment', '{ // x\n}', 'JSON has no comments'],
    ['a list', '[]', 'the file must be a JSON object'],
    [
      'an unknown option',
      '{\n  "emailmerge": "off"\n}',
      'line 2, column 3: "emailmerge" is no option of a site. Did you mean "emailMerge"?',
    ],
    ['another word', '{"emailMerge": "on"}', 'emailMerge must be "off", "transactional" or "claimed".'],
    ['S2: less than 5 min', '{"sessionTimeoutMinutes": 4}', 'must be a whole number of minutes from 5 to 240.'],
    ['S2: more than 4 h', '{"sessionTimeoutMinutes": 241}', 'must be a whole number of minutes from 5 to 240.'],
    ['S2: parts of minutes', '{"sessionTimeoutMinutes": 7.5}', 'must be a whole number of minutes from 5 to 240.'],
    ['S2: a text', '{"sessionTimeoutMinutes": "30"}', 'must be a whole number of minutes from 5 to 240.'],
    ['a text where a list belongs', '{"blockedIdentifiers": "guest"}', 'blockedIdentifiers must be a list of texts.'],
    ['an empty entry', '{"blockedIdentifiers": ["a", " "]}', 'blockedIdentifiers.1 must not be empty'],
    ['a number in a list', '{"serverTraits": [1]}', 'serverTraits.0 must be a text.'],
    ['a word for a switch', '{"splitOnCampaign": "yes"}', 'splitOnCampaign must be true or false.'],
    ['the same option twice', '{"splitOnCampaign": true, "splitOnCampaign": false}', 'splitOnCampaign'],
  ])('is refused with the place and what to do: %s', (_, text, said) => {
    const message = refusal(text);
    expect(message).toContain(said);
    expect(message).toMatch(/line \d+, column \d+/);
    expect(message).toContain('or leave WEFT_SITE out');
  });
  it('is told of all that is wrong at once', () => {
    expect(refusal('{"emailMerge": 1, "splitOnCampaign": 1}').match(/line 1/g)).toHaveLength(2);
  });
  it('is refused where it cannot be read', () => {
    expect(() => readSiteOptions('/nowhere/site.json')).toThrow(/WEFT_SITE: \/nowhere\/site.json cannot be read/);
  });
  it('changes nothing where it says nothing', () => {
    const path = file('{"$schema": "site.schema.json"}');
    expect(readSiteOptions(path)).toEqual(readSiteOptions(null));
  });
  test('the schema that ships for editors is the one that is checked by', () => {
    const path = new URL('../../docs/site.schema.json', import.meta.url);
    const made = `${JSON.stringify(siteSchema(), null, 2)}\n`;
    if (process.env.UPDATE_DOCS !== undefined) writeFileSync(path, made);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(made));
  });
});

describe('a store whose options changed', () => {
  it('is folded anew by a rebuild, and not before', () => {
    const WEFT_DATA = folder();
    const open = (WEFT_SITE = '') => openWriter(writerOptions(readConfig({ WEFT_DATA, WEFT_SITE })));
    const split = file('{"sessionTimeoutMinutes": 5}');
    const sessions = ({ store }: ReturnType<typeof open>) =>
      store.prepare<{ n: number }>('SELECT count(*) AS n FROM sessions').get()!.n;
    const first = open();
    const sentAt = Date.parse(String(page('A1', 20).timestamp));
    first.run([submissionOf({ batch: [page('A1', 0), page('A1', 10)] }, sentAt, { key: secretKey })], Date.now());
    expect(sessions(first)).toBe(1);
    first.close();
    const second = open(split);
    expect(sessions(second)).toBe(1);
    const rebuilt = second.command({ kind: 'rebuild', at: Date.now(), check: true });
    expect(rebuilt.body).toMatchObject({ equal: false });
    second.command({ kind: 'rebuild', at: Date.now(), check: false });
    expect(sessions(second)).toBe(2);
    second.close();
  });
});
