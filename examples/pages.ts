// Serves the example pages as a site would: files of a folder, with the collector's address and write key written into
// them. Only the files listed by their kind are given out, and only from the folders named here.

import { readFileSync } from 'node:fs';
import { type Context, Hono } from 'hono';

export interface ExampleOptions {
  writeKey: string;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

const examples = [
  { name: 'minimal', about: 'One script tag on two plain pages' },
  { name: 'banner', about: 'The consent banner, in English and from right to left, under a strict policy' },
  { name: 'data-layer', about: 'A shop page that pushes GA4 events; no code besides the tag' },
  {
    name: 'single-page-app',
    about: 'A shop of one document: Navigation API, JSON-LD, attributes',
    isOneDocument: true,
  },
] as const;

const escaped = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** A file of an example that lies beside this one, in the source and in what is built from it. */
const read = (path: string): string | undefined => {
  try {
    return readFileSync(new URL(path, import.meta.url), 'utf8');
  } catch {
    return undefined;
  }
};

const index = () => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Examples</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/examples/example.css"></head>
<body><h1>Examples</h1><ul>${examples.map(({ name, about }) => `<li><a href="/examples/${name}/">${name}</a>: ${about}</li>`).join('')}</ul>
<p>The <a href="/demo">demo shop</a> shows all of it together.</p></body>
</html>`;

/** To be mounted at `/examples`. */
export const examplePages = ({ writeKey }: ExampleOptions): Hono => {
  const app = new Hono();

  const give = (c: Context, path: string) => {
    const text = read(path);
    const type = types[path.slice(path.lastIndexOf('.') + 1)];
    if (text === undefined || type === undefined) return undefined;
    const filled = text
      .replaceAll('{{key}}', escaped(writeKey))
      .replaceAll('{{host}}', escaped(new URL(c.req.url).origin));
    return c.body(filled, 200, {
      'content-type': type,
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
    });
  };
  const missing = (c: Context) => c.text('There is no such example.', 404);

  app.get('/', (c) => c.html(index()));
  app.get('/example.css', (c) => give(c, './example.css') ?? missing(c));
  app.get('/consent.js', (c) => give(c, './consent.js') ?? missing(c));
  for (const example of examples) {
    // Addresses inside a page are relative to its folder, so the folder needs its slash.
    app.get(`/${example.name}`, (c) => c.redirect(`/examples/${example.name}/`, 308));
    app.get(
      `/${example.name}/:file{[a-z-]+\\.(html|css|js)}`,
      (c) => give(c, `./${example.name}/${c.req.param('file')}`) ?? missing(c),
    );
    const first = (c: Context) => give(c, `./${example.name}/index.html`) ?? missing(c);
    app.get(`/${example.name}/`, first);
    if ('isOneDocument' in example) app.get(`/${example.name}/*`, first);
  }
  // A mounted app's '/' does not match the address with a slash at its end.
  app.get('*', (c) => (c.req.path === '/examples/' ? c.html(index()) : missing(c)));
  return app;
};
