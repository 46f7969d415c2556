import { describe, expect, it } from 'vitest';
import { adaId, visitorId } from '../fixtures/person.js';
import { openShop } from '../fixtures/shop.js';
import { loggedIn, text } from '../fixtures/staff.js';

describe('people', () => {
  it.each([['u_10'], ['ada@shop.test'], ['+49151'], ['a-laptop'], ['10021'], [adaId]])(
    'are found by %s',
    async (find) => {
      const { staff } = await loggedIn();
      const html = await staff.page(`/people?${new URLSearchParams({ find })}`);
      expect(html).toContain(`href="/people/${adaId}"`);
      expect(html).not.toContain(`href="/people/${visitorId}"`);
    },
  );

  it('are listed with what a shop asks first', async () => {
    const { staff } = await loggedIn();
    expect(text(await staff.page('/people'))).toMatch(
      /Ada Lovelace User u_1042 E-mail ada@shop\.test .* 1 min ago 2 €172\.90 Open €78\.00/,
    );
  });

  it('are turned page by page, also while searching', async () => {
    const shop = openShop();
    for (let n = 0; n < 40; n += 1) {
      const person = structuredClone(shop.people.get(visitorId)!);
      person.profile.id = `p-${n}`;
      person.profile.identifiers[0]!.value = `many-${n}`;
      shop.people.set(person.profile.id, person);
    }
    const { staff } = await loggedIn({ shop });
    const next = /href="(\/people\?[^"]*after=[^"]*)" rel="next"/.exec(await staff.page('/people?find=many'))![1]!;
    expect(next).toContain('find=many');
    const second = await staff.page(next.replaceAll('&amp;', '&'));
    expect(second.match(/data-key="p-/g)).toHaveLength(10);
    expect(second).not.toContain('rel="next"');
  });

  it('nobody has is said with what was looked for', async () => {
    const { staff } = await loggedIn();
    expect(text(await staff.page('/people?find=%3Cb%3Enobody'))).toContain('Nobody has this identifier.');
  });
});
