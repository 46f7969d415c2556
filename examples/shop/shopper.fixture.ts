// What people do in the demo shop, press by press.

import type { Page } from 'playwright-core';
import { hasAnswered } from '../testing/browser.fixture.js';

export interface Person {
  name: string;
  email: string;
  password: string;
}

export const accept = async (page: Page): Promise<void> => {
  await page.click('.first button:text-is("Accept all")');
  await hasAnswered(page);
};

/** By the link in the footer, in Weft's preferences. */
export const refuseLater = async (page: Page): Promise<void> => {
  await page.click('.footer [data-weft-consent]');
  await page.click('dialog button:text-is("Reject all")');
};

/** Comes in and says yes. */
export const enter = async (page: Page, path = '/demo/'): Promise<void> => {
  await page.goto(path);
  await accept(page);
};

/** From the page of a thing: its name, and how many things are in the basket then. */
export const addToBasket = async (page: Page, slug: string, count: number): Promise<void> => {
  await page.goto(`/demo/p/${slug}`);
  await page.click('text=Add to basket');
  await page.waitForSelector(`[data-count="${count}"]`);
};

export const signUp = async (page: Page, { name, email, password }: Person): Promise<string> => {
  await page.goto('/demo/account');
  await page.fill('#new-name', name);
  await page.fill('#new-email', email);
  await page.fill('#new-password', password);
  await page.click('form:has(#new-password) button');
  return greeted(page, name);
};

export const logIn = async (page: Page, { name, email, password }: Person): Promise<string> => {
  await page.goto('/demo/account');
  await page.fill('#email', email);
  await page.fill('#password', password);
  await page.click('form:has(#password) button');
  return greeted(page, name);
};

/** The customer number. */
const greeted = async (page: Page, name: string): Promise<string> => {
  await page.waitForSelector(`h1:has-text("Hello, ${name.split(' ')[0]}")`);
  const shown = await page.textContent('.facts div:has(dt:text("Customer number")) dd');
  return (shown ?? '').trim();
};

/** From the basket to the thanks; the number of the order. */
export const order = async (page: Page, email?: string): Promise<string> => {
  await page.goto('/demo/basket');
  await page.click('.sum a:has-text("Order")');
  const address = { street: 'Hoogstraat 3', postcode: '9000', city: 'Ghent', ...(email && { name: 'Bo Ek', email }) };
  for (const [name, value] of Object.entries(address)) await page.fill(`#${name}`, value);
  await page.click('text=On to delivery');
  await page.waitForURL('**/checkout/delivery');
  await page.click('text=On to payment');
  await page.waitForURL('**/checkout/payment');
  await page.click('button:has-text("Order for")');
  await page.waitForURL('**/thank-you/**');
  return (await page.textContent('[data-order]')) ?? '';
};
