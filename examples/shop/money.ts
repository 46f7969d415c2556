// Money of the demo shop: integers of minor units inside, decimal numbers on the data layer, words on the page.

import { currency } from './catalogue.js';

const format = new Intl.NumberFormat('en-IE', { style: 'currency', currency });

export const asWords = (minor: number) => format.format(minor / 100);

/** A decimal number as GA4 and Segment want it; exact to the cent because it is divided once and never added to. */
export const asNumber = (minor: number) => minor / 100;
