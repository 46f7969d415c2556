// What people ask for. A request is a command of the log; how far it is, the reader and the log say.

import { Hono } from 'hono';
import type { House, Staffed } from '../frame.js';
import { requestAsking } from './requests/asking.js';
import { requestList } from './requests/list.js';
import { requestPage } from './requests/request.js';

export const requestPages = (house: House): Hono<Staffed> => {
  const app = new Hono<Staffed>();
  app.route('/', requestList(house));
  app.route('/', requestAsking(house));
  app.route('/', requestPage(house));
  return app;
};
