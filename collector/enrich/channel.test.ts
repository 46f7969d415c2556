import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Touch } from '../events/event.js';
import { type Channel, channels, readChannel, readTouch, type TouchInput } from './channel.js';
import hostile from './fixtures/hostile.json';
import clicks from './lists/click-ids.json';

const seed = Number(process.env.WEFT_SEED);
console.info(`channel.test.ts: fast-check seed ${seed}`);

const shop = 'https://www.shop.fr/';
const read = (input: Partial<TouchInput>): Touch | null =>
  readTouch({ pageUrl: shop, referrer: null, campaign: null, siteHosts: [], marketing: true, ...input });
const brief = (touch: Touch | null): string =>
  touch === null
    ? 'none'
    : `${touch.channel}: ${touch.source} / ${touch.medium} / ${touch.campaign} / ${touch.clickId}`;

describe("GA4's default channel groups, by source, medium and campaign", () => {
  const cases: [Channel, string | null, string | null, string | null][] = [
    ['Cross-network', 'google', 'cpc', 'Cross-network spring'],
    ['Paid Shopping', 'google shopping', 'cpc', null],
    ['Paid Shopping', 'amazon', 'ppc', null],
    ['Paid Shopping', 'google', 'cpc', 'shopping_fr'],
    ['Paid Shopping', 'google', 'cpc', 'fr-shop-spring'],
    ['Paid Search', 'google', 'cpc', 'workshop'],
    ['Paid Search', 'google', 'cpc', null],
    ['Paid Search', 'GOOGLE', 'CPC', null],
    ['Paid Search', 'bing', 'ppc', null],
    ['Paid Search', 'duckduckgo', 'paidsearch', null],
    ['Paid Search', 'www.google.de', 'cpm', null],
    ['Paid Social', 'facebook', 'cpc', null],
    ['Paid Social', 'instagram', 'paid_social', null],
    ['Paid Social', 'tiktok', 'paid', null],
    ['Paid Social', 'fb', 'retargeting', null],
    ['Paid Video', 'youtube', 'cpv-cpc', null],
    ['Paid Video', 'youtube.com', 'paid', null],
    ['Display', 'criteo', 'display', null],
    ['Display', 'partner', 'banner', null],
    ['Display', 'partner', 'cpm', null],
    ['Display', null, 'interstitial', null],
    ['Paid Other', 'partner', 'cpc', null],
    ['Paid Other', null, 'cpa-cpc', null],
    ['Paid Other', 'partner', 'paid-content', null],
    ['AI Assistants', 'chatgpt.com', null, null],
    ['AI Assistants', 'perplexity', 'referral', null],
    ['Organic Shopping', 'amazon', null, null],
    ['Organic Shopping', 'ebay.de', 'referral', null],
    ['Organic Shopping', 'newsletter', 'email', 'spring-shop'],
    ['Organic Social', 'facebook', null, null],
    ['Organic Social', 'l.facebook.com', 'referral', null],
    ['Organic Social', 'anyone', 'social', null],
    ['Organic Social', 'anyone', 'Social Media', null],
    ['Organic Video', 'youtube', 'referral', null],
    ['Organic Video', 'anyone', 'product-video', null],
    ['Organic Search', 'google', null, null],
    ['Organic Search', 'anyone', 'organic', null],
    ['Referral', 'blog.fr', 'referral', null],
    ['Referral', 'blog.fr', 'link', null],
    ['Referral', 'our-app', 'app', null],
    ['Email', 'newsletter', 'email', null],
    ['Email', 'newsletter', 'e-mail', null],
    ['Email', 'e_mail', 'push me', null],
    ['Email', 'inbox', 'email', null],
    ['Email', 'orange', 'email', null],
    ['Affiliates', 'awin', 'affiliate', null],
    ['Audio', 'podcast', 'audio', null],
    ['SMS', 'sms', null, null],
    ['SMS', 'twilio', 'sms', null],
    ['Mobile Push Notifications', 'app', 'web_push', null],
    ['Mobile Push Notifications', 'app', 'mobile', null],
    ['Mobile Push Notifications', 'app', 'notification-bar', null],
    ['Mobile Push Notifications', 'firebase', null, null],
    ['Unassigned', 'newsletter', null, null],
    ['Unassigned', 'newsletter', 'print', 'autumn'],
    ['Unassigned', null, null, 'autumn'],
  ];
  it.each(cases)('%s: %s / %s / %s', (channel, source, medium, campaign) =>
    expect(readChannel(source, medium, campaign)).toBe(channel),
  );
  it('there is a case for every channel', () => {
    expect([...new Set(cases.map(([channel]) => channel))]).toEqual([...channels]);
  });
});

describe('a campaign in the address', () => {
  it.each<[string, string, string]>([
    ['all of it', '?utm_source=News&utm_medium=Email&utm_campaign=Spring', 'Email: news / email / Spring / null'],
    [
      'a plus is a space',
      '?utm_source=a&utm_medium=b&utm_campaign=Spring+Sale',
      'Unassigned: a / b / Spring Sale / null',
    ],
    ['percent signs', '?utm_source=a%20b&utm_medium=%C3%A9', 'Unassigned: a b / é / null / null'],
    ['names in capitals', '?UTM_Source=news&Utm_Medium=email', 'Email: news / email / null / null'],
    ['the first value counts', '?utm_source=one&utm_source=two&utm_medium=email', 'Email: one / email / null / null'],
    [
      'an empty first value does not',
      '?utm_source=&utm_source=two&utm_medium=email',
      'Email: two / email / null / null',
    ],
    ['the id stands in for the name', '?utm_source=a&utm_id=77', 'Unassigned: a / null / 77 / null'],
    ['a broken escape is kept as it is', '?utm_source=100%&utm_medium=email', 'Email: 100% / email / null / null'],
    [
      'an address in it is taken out',
      '?utm_source=news&utm_medium=email&utm_campaign=to+ann%40shop.fr',
      'Email: news / email / to :redacted / null',
    ],
    ['a line feed in it is a space', '?utm_source=a%0d%0ab&utm_medium=email', 'Email: a b / email / null / null'],
    ['direct is no touch', '?utm_source=(direct)&utm_medium=(none)', 'none'],
    ['nothing in it', '?utm_source=&utm_medium=', 'none'],
    ['the fragment is not the query', '#?utm_source=news', 'none'],
    ['a parameter that only begins alike', '?utm_sources=news', 'none'],
  ])('%s', (_, search, expected) => expect(brief(read({ pageUrl: shop + search }))).toBe(expected));

  it('comes before the referrer, and before what the client says', () => {
    const touch = read({
      pageUrl: `${shop}?utm_source=news&utm_medium=email`,
      referrer: 'https://www.google.com/',
      campaign: { source: 'other', medium: 'cpc', name: 'x' },
    });
    expect(brief(touch)).toBe('Email: news / email / null / null');
  });
  it('counts on a page that another page of the site led to', () => {
    const pageUrl = `${shop}?utm_source=news&utm_medium=email`;
    expect(brief(read({ pageUrl, referrer: `${shop}cart` }))).toBe('Email: news / email / null / null');
  });
  it('is read from context.campaign where the address has none', () => {
    const campaign = { name: 'Spring', source: 'News', medium: 'Email', term: 't', content: 'c' };
    expect(brief(read({ campaign }))).toBe('Email: news / email / Spring / null');
    expect(brief(read({ pageUrl: null, campaign }))).toBe('Email: news / email / Spring / null');
  });
  it.each([[null], ['news'], [7], [[]], [{ source: 7, medium: {}, name: [] }], [{ __proto__: { source: 'news' } }]])(
    'is not read from %j',
    (campaign) => expect(read({ campaign })).toBeNull(),
  );
  it('takes source and medium from the referrer where it has none, or the medium where it has the same source', () => {
    const referrer = 'https://www.google.com/';
    expect(brief(read({ pageUrl: `${shop}?utm_campaign=x`, referrer }))).toBe(
      'Organic Search: google / organic / x / null',
    );
    expect(brief(read({ pageUrl: `${shop}?utm_source=google`, referrer }))).toBe(
      'Organic Search: google / organic / null / null',
    );
    expect(brief(read({ pageUrl: `${shop}?utm_source=news`, referrer }))).toBe('Unassigned: news / null / null / null');
  });
  it('bounds what it hands on', () => {
    const long = read({ pageUrl: `${shop}?utm_source=${'x'.repeat(5_000)}&utm_medium=email` });
    expect(long?.source).toHaveLength(200);
    expect(read({ pageUrl: `${shop}?${'a=1&'.repeat(5_000)}utm_source=late` })).toBeNull();
  });
});

describe('click ids', () => {
  const withId = (name: string, more: Partial<TouchInput> = {}) =>
    read({ pageUrl: `${shop}?${name}=AbC_123`, ...more });

  it.each(
    clicks.ids.filter(([, , , channel]) => channel !== null && channel !== 'Organic Video').map((row) => [...row]),
  )('%s: %s / %s is %s', (name, source, medium, channel, keep) => {
    const touch = withId(name as string);
    // `sccid` and `ScCid` are one name, once case is left out.
    const written = name === 'sccid' ? 'ScCid' : name;
    expect(touch).toEqual({ channel, source, medium, campaign: null, clickId: keep ? `${written}=AbC_123` : null });
  });
  it('there are 37 of them', () => expect(clicks.ids).toHaveLength(37));
  it.each(['ymclid', 'wickedid', '_gl', '_ga'])('%s alone tells nothing', (name) => expect(withId(name)).toBeNull());
  it('ids that name a person are never kept', () => {
    for (const name of ['mc_eid', '_kx', 'utm_klaviyo_id', '_hsenc', 'vero_id', '_ga', '_gl'])
      expect(JSON.stringify(withId(name, { referrer: 'https://blog.fr/' }))).not.toContain('AbC_123');
  });
  it('fbclid is no proof of an ad', () => {
    expect(brief(withId('fbclid'))).toBe('Organic Social: facebook / social / null / fbclid=AbC_123');
    expect(brief(withId('fbclid', { referrer: 'https://l.instagram.com/' }))).toBe(
      'Organic Social: instagram.com / referral / null / fbclid=AbC_123',
    );
    const pageUrl = `${shop}?fbclid=x&utm_source=facebook&utm_medium=paid_social&utm_campaign=s`;
    expect(brief(read({ pageUrl }))).toBe('Paid Social: facebook / paid_social / s / fbclid=x');
  });
  it('si is YouTube’s only behind YouTube', () => {
    expect(withId('si')).toBeNull();
    expect(brief(withId('si', { referrer: 'https://youtu.be/' }))).toBe('Organic Video: youtube / video / null / null');
  });
  it('proves the ad that the referrer hides', () => {
    expect(brief(withId('gclid', { referrer: 'https://www.google.com/' }))).toBe(
      'Paid Search: google / cpc / null / gclid=AbC_123',
    );
  });
  it('fills in what a campaign leaves unsaid, and never overrides it', () => {
    expect(brief(read({ pageUrl: `${shop}?gclid=x&utm_campaign=s` }))).toBe('Paid Search: google / cpc / s / gclid=x');
    expect(brief(read({ pageUrl: `${shop}?gclid=x&utm_source=google` }))).toBe(
      'Paid Search: google / cpc / null / gclid=x',
    );
    expect(brief(read({ pageUrl: `${shop}?gclid=x&utm_source=news&utm_medium=email` }))).toBe(
      'Email: news / email / null / gclid=x',
    );
  });
  it('is not read at all without marketing', () => {
    for (const [name] of clicks.ids) expect(withId(name as string, { marketing: false })).toBeNull();
    expect(brief(withId('gclid', { marketing: false, referrer: 'https://www.google.com/' }))).toBe(
      'Organic Search: google / organic / null / null',
    );
    expect(brief(read({ pageUrl: `${shop}?gclid=x&utm_source=google&utm_medium=cpc`, marketing: false }))).toBe(
      'Paid Search: google / cpc / null / null',
    );
  });
  it('is not kept if it is long or no id', () => {
    expect(read({ pageUrl: `${shop}?gclid=${'x'.repeat(501)}` })?.clickId).toBeNull();
    expect(read({ pageUrl: `${shop}?gclid=%3Cscript%3E` })?.clickId).toBeNull();
  });
});

describe('a referrer', () => {
  it.each<[string, string]>([
    ['https://www.google.com/', 'Organic Search: google / organic'],
    ['https://www.google.co.uk/', 'Organic Search: google / organic'],
    ['https://images.google.de/', 'Organic Search: google / organic'],
    ['https://cn.bing.com/search?q=shirt', 'Organic Search: bing / organic'],
    ['https://duckduckgo.com/', 'Organic Search: duckduckgo / organic'],
    ['https://search.yahoo.com/', 'Organic Search: yahoo / organic'],
    ['https://www.ecosia.org/', 'Organic Search: ecosia / organic'],
    ['https://yandex.ru/', 'Organic Search: yandex / organic'],
    ['https://ya.ru/', 'Organic Search: yandex / organic'],
    ['https://www.startpage.com/', 'Organic Search: startpage / organic'],
    ['android-app://com.google.android.googlequicksearchbox/', 'Organic Search: google / organic'],
    ['https://l.facebook.com/', 'Organic Social: facebook.com / referral'],
    ['https://lm.facebook.com/l.php', 'Organic Social: facebook.com / referral'],
    ['https://www.instagram.com/', 'Organic Social: instagram.com / referral'],
    ['https://t.co/abc', 'Organic Social: t.co / referral'],
    ['https://old.reddit.com/r/x', 'Organic Social: reddit.com / referral'],
    ['https://www.pinterest.fr/', 'Organic Social: pinterest.fr / referral'],
    ['https://www.linkedin.com/', 'Organic Social: linkedin.com / referral'],
    ['https://mastodon.social/@a', 'Organic Social: mastodon.social / referral'],
    ['android-app://com.instagram.android', 'Organic Social: com.instagram.android / referral'],
    ['https://www.youtube.com/', 'Organic Video: youtube.com / referral'],
    ['https://m.youtube.com/watch?v=x', 'Organic Video: youtube.com / referral'],
    ['https://player.vimeo.com/', 'Organic Video: vimeo.com / referral'],
    ['https://chatgpt.com/', 'AI Assistants: chatgpt.com / referral'],
    ['https://www.perplexity.ai/', 'AI Assistants: perplexity.ai / referral'],
    ['https://gemini.google.com/', 'AI Assistants: gemini.google.com / referral'],
    ['https://copilot.microsoft.com/', 'AI Assistants: copilot.microsoft.com / referral'],
    ['https://claude.ai/chat/x', 'AI Assistants: claude.ai / referral'],
    ['https://www.amazon.de/', 'Organic Shopping: amazon.de / referral'],
    ['https://www.idealo.fr/', 'Organic Shopping: idealo.fr / referral'],
    ['https://mail.google.com/', 'Email: mail.google.com / email'],
    ['android-app://com.google.android.gm', 'Email: com.google.android.gm / email'],
    ['https://outlook.live.com/', 'Email: outlook.live.com / email'],
    ['https://blog.partner.fr/post', 'Referral: partner.fr / referral'],
    ['http://partner.co.uk:8080/a', 'Referral: partner.co.uk / referral'],
    ['https://other.myshopify.com/', 'Referral: other.myshopify.com / referral'],
    ['https://192.168.1.7/', 'Referral: 192.168.1.7 / referral'],
    ['https://user:secret@partner.fr/', 'Referral: partner.fr / referral'],
    ['https://drive.google.com/', 'Referral: google.com / referral'],
    ['//partner.fr/x', 'Referral: partner.fr / referral'],
    ['HTTPS://PARTNER.FR/', 'Referral: partner.fr / referral'],
    ['https://partner.fr./', 'Referral: partner.fr / referral'],
    ['https://constructor/', 'Referral: constructor / referral'],
  ])('%s', (referrer, expected) => expect(brief(read({ referrer }))).toBe(`${expected} / null / null`));

  it.each<[string, string | null]>([
    ['none', null],
    ['an empty one', ''],
    ['the same host', 'https://www.shop.fr/cart'],
    ['another host of the site', 'https://blog.shop.fr/'],
    ['the site over http', 'http://shop.fr/'],
    ['a payment page', 'https://www.paypal.com/checkoutnow'],
    ['a payment page of a country', 'https://www.paypal.de/'],
    ['a page of a bank', 'https://acs.securesuite.net/'],
    ['a sign-in page', 'https://accounts.google.com/o/oauth2'],
    ['no address', 'about:blank'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['a path', '/cart'],
    ['spaces', '   '],
    ['a broken host', 'https://a b/'],
    ['an empty host', 'https:///x'],
  ])('%s says nothing', (_, referrer) => expect(read({ referrer })).toBeNull());

  it('of a site host says nothing, however that is written', () => {
    for (const siteHosts of [['shop.com'], ['www.shop.com'], ['https://shop.com'], ['shop.com:8443'], ['SHOP.COM']])
      expect(read({ referrer: 'https://checkout.shop.com/', siteHosts }), siteHosts[0]).toBeNull();
    expect(brief(read({ pageUrl: null, referrer: 'http://localhost:8787/', siteHosts: ['localhost:3000'] }))).toBe(
      'none',
    );
  });
  it('of a neighbour on a shared domain is another site', () => {
    const referrer = 'https://two.myshopify.com/';
    expect(read({ pageUrl: 'https://one.myshopify.com/', referrer })?.source).toBe('two.myshopify.com');
    expect(read({ pageUrl: 'https://two.myshopify.com/', referrer })).toBeNull();
  });
});

describe('hostile input', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.constantFrom(...hostile.naughty, ...hostile.xss, ...hostile.pollution.queries),
    fc
      .tuple(fc.constantFrom('utm_source', 'utm_medium', 'utm_campaign', 'gclid', 'si', '__proto__'), fc.string())
      .map(([name, value]) => `${shop}?${name}=${value}`),
  );
  it('any input gives a bounded touch with a channel of the list, and the same twice', () => {
    fc.assert(
      fc.property(
        fc.option(text),
        fc.option(text),
        fc.anything(),
        fc.array(text),
        fc.boolean(),
        (pageUrl, referrer, campaign, siteHosts, marketing) => {
          const input = { pageUrl, referrer, campaign, siteHosts, marketing };
          const touch = readTouch(input);
          expect(readTouch(input)).toEqual(touch);
          if (touch === null) return;
          expect(channels).toContain(touch.channel);
          for (const name of [touch.source, touch.medium, touch.campaign]) {
            expect(name === null || (typeof name === 'string' && name.length > 0 && name.length <= 253)).toBe(true);
            expect(name ?? '').not.toMatch(/\p{Cc}/u);
          }
          expect((touch.clickId ?? '').length).toBeLessThanOrEqual(520);
          if (!marketing) expect(touch.clickId).toBeNull();
        },
      ),
      { seed, numRuns: 1_000 },
    );
  });
  it('prototype names are sources like others', () => {
    for (const query of hostile.pollution.queries) read({ pageUrl: shop + query });
    expect(brief(read({ pageUrl: `${shop}?utm_source=__proto__&utm_medium=constructor&utm_campaign=toString` }))).toBe(
      'Unassigned: __proto__ / constructor / toString / null',
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
  it('a megabyte of address is cut before it is read', () => {
    for (const part of ['a', '&', '?utm_source=', '%', 'https://', '@', '.'])
      read({
        pageUrl: part.repeat(1_000_000 / part.length),
        referrer: `https://${part.repeat(1_000_000 / part.length)}`,
      });
  });
});
