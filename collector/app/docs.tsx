// /docs: openapi.json as a page to read. Rendered here, with one style sheet of ours: no script, no font, no request to
// anywhere else, so it can be opened in a closed network and under the strictest policy.

import { readFileSync } from 'node:fs';
import { Hono } from 'hono';
import type { FC, PropsWithChildren } from 'hono/jsx';
import { ecommerce } from '../contract/ecommerce.js';
import { limits } from '../contract/limits.js';
import { errors, verdicts, warnings } from '../errors.js';
import type { Operation } from './operations/operation.js';
import { operations } from './operations.js';

type Json = Record<string, unknown>;

const styles = readFileSync(new URL('./docs.css', import.meta.url), 'utf8');

/** Stands for the address of this collector until a request tells it. */
const here = '%HERE%';

const anchorOf = (operation: Operation): string =>
  `${operation.method}${operation.path}`.replace(/\W+/g, '-').replace(/^-|-$/g, '').toLowerCase();

/** Words with `code` in them. */
const Words: FC<{ text: string }> = ({ text }) => (
  <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
);

/** Wide things scroll inside their own box, which must then be reachable by keyboard (axe: scrollable-region-focusable). */
const Scroll: FC<PropsWithChildren<{ label: string }>> = ({ label, children }) => (
  <figure tabindex={0} aria-label={label}>
    {children}
  </figure>
);

const Code: FC<{ text: string; label: string }> = ({ text, label }) => (
  <Scroll label={label}>
    <pre>
      <code>{text}</code>
    </pre>
  </Scroll>
);

const Table: FC<{ head: string[]; rows: (string | ReturnType<FC>)[][]; label: string }> = ({ head, rows, label }) => (
  <Scroll label={label}>
    <table>
      <thead>
        <tr>
          {head.map((cell) => (
            <th scope="col">{cell}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {row.map((cell) => (
              <td>{typeof cell === 'string' ? <Words text={cell} /> : cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

const whoMayAsk: Record<Operation['security'], string> = {
  write: 'Write key in the body or as the user of HTTP Basic; or the secret key.',
  secret: 'Secret key: `Authorization: Bearer sk_…`',
  person: 'Secret key with the role `privacy`; or the person, without a key, with `visitorId` and `receipt`.',
  none: 'Nobody has to say who they are.',
};

const curlOf = (operation: Operation): string => {
  const query = operation.query?.[0]?.name === 'userId' ? '?userId=u-42' : '';
  const parts = [
    `curl ${here}${operation.path.replace('{id}', '8b7d1a52-0c3e-8f41-9a60-5d2c7e9f1b34').replace('{writeKey}', 'wk_your_write_key')}${query}`,
  ];
  if (operation.security === 'secret' || operation.security === 'person')
    parts.push("-H 'Authorization: Bearer sk_your_secret_key'");
  if (operation.body !== undefined)
    parts.push(`-d '${JSON.stringify(operation.body.example, null, 2).replaceAll("'", "'\\''")}'`);
  else if (operation.method === 'post') parts.push('-X POST');
  return parts.join(' \\\n  ');
};

const typeOf = (schema: Json | undefined): string => {
  if (schema === undefined) return '';
  if (typeof schema.$ref === 'string') return schema.$ref.split('/').at(-1)!;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const options = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  if (options !== undefined) return [...new Set(options.map(typeOf))].join(' | ');
  if (schema.type === 'array') return `${typeOf(schema.items as Json)}[]`;
  if (Array.isArray(schema.type)) return schema.type.join(' | ');
  return typeof schema.type === 'string' ? (schema.format === 'date-time' ? 'date-time' : schema.type) : 'any';
};

const Fields: FC<{ schema: Json; label: string }> = ({ schema, label }) => {
  const required = new Set((schema.required as string[] | undefined) ?? []);
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Json>);
  if (properties.length === 0) return null;
  return (
    <Table
      label={label}
      head={['Field', 'Type', 'What it is']}
      rows={properties.map(([name, field]) => {
        const words = (field.description ?? (field.anyOf as Json[] | undefined)?.[0]?.description ?? '') as string;
        return [`\`${name}\`${required.has(name) ? ' *' : ''}`, typeOf(field), words];
      })}
    />
  );
};

const Route: FC<{ operation: Operation; schemas: Record<string, Json> }> = ({ operation, schemas }) => {
  const { method, path, summary, description, security, query, body, answer, errors: codes } = operation;
  return (
    <section id={anchorOf(operation)} aria-labelledby={`${anchorOf(operation)}-title`} class="route">
      <h3 id={`${anchorOf(operation)}-title`}>
        <span class={`method ${method}`}>{method.toUpperCase()}</span> <code>{path}</code>
      </h3>
      <p class="summary">{summary}</p>
      {description !== undefined && (
        <p>
          <Words text={description} />
        </p>
      )}
      <p class="who">
        <strong>Who:</strong> <Words text={whoMayAsk[security]} />
      </p>
      {query !== undefined && (
        <Table
          label={`Query of ${path}`}
          head={['Query', 'What it does']}
          rows={query.map((parameter) => [`\`${parameter.name}\``, parameter.description])}
        />
      )}
      <div class="pair">
        <div>
          <h4>Ask</h4>
          <Code text={curlOf(operation)} label={`Example request of ${method} ${path}`} />
        </div>
        <div>
          <h4>Answer {answer.status}</h4>
          <p class="small">
            <Words text={answer.description} />
          </p>
          {answer.example !== undefined && (
            <Code text={JSON.stringify(answer.example, null, 2)} label={`Example answer of ${method} ${path}`} />
          )}
        </div>
      </div>
      {body !== undefined && (
        <details>
          <summary>Fields of the body</summary>
          <Fields schema={schemas[body.schema] ?? {}} label={`Fields of the body of ${path}`} />
        </details>
      )}
      {codes.length > 0 && (
        <p class="small">
          <strong>Errors:</strong>{' '}
          {codes.map((code, index) => (
            <>
              {index > 0 && ', '}
              <a href={`#error-${code}`}>
                {errors[code].status} {code}
              </a>
            </>
          ))}
        </p>
      )}
    </section>
  );
};

const Section: FC<PropsWithChildren<{ id: string; title: string; intro?: string }>> = ({
  id,
  title,
  intro,
  children,
}) => (
  <section id={id} aria-labelledby={`${id}-title`}>
    <h2 id={`${id}-title`}>{title}</h2>
    {intro !== undefined && (
      <p>
        <Words text={intro} />
      </p>
    )}
    {children}
  </section>
);

const slug = (title: string): string => title.toLowerCase().replace(/\W+/g, '-');
const tags = [...new Set(operations.map(({ tag }) => tag))];
const reference = [
  ['verdicts', 'Verdicts'],
  ['warnings', 'Warnings'],
  ['errors', 'Errors'],
  ['ecommerce', 'Ecommerce events'],
  ['limits', 'Limits'],
] as const;

const Page: FC<{ document: Json }> = ({ document }) => {
  const info = document.info as Json;
  const schemas = (document.components as Json).schemas as Record<string, Json>;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Weft: the API of the collector</title>
        <link rel="stylesheet" href="/docs/docs.css" />
      </head>
      <body>
        <a class="skip" href="#main">
          To the text
        </a>
        <nav aria-label="Routes">
          <p class="brand">
            Weft <span>{String(info.version)}</span>
          </p>
          {tags.map((tag) => (
            <>
              <a class="group" href={`#${slug(tag)}`}>
                {tag}
              </a>
              <ul>
                {operations
                  .filter((operation) => operation.tag === tag)
                  .map((operation) => (
                    <li>
                      <a href={`#${anchorOf(operation)}`}>
                        <span class={`method ${operation.method}`}>{operation.method.toUpperCase()}</span>
                        {operation.path.replace('/v1', '')}
                      </a>
                    </li>
                  ))}
              </ul>
            </>
          ))}
          <a class="group" href="#verdicts">
            Reference
          </a>
          <ul>
            {reference.map(([id, title]) => (
              <li>
                <a href={`#${id}`}>{title}</a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="main">
          <header>
            <h1>The API of this collector</h1>
            <p class="lead">{String(info.summary)}</p>
            <p>
              <Words text={String(info.description)} /> The same as data: <a href="/openapi.json">openapi.json</a>.
            </p>
            <h2 id="first">A first event</h2>
            <Code
              label="A first event"
              text={`curl ${here}/v1/track -H 'Authorization: Bearer sk_your_secret_key' \\\n  -d '{"userId": "u-42", "event": "Product Viewed", "properties": {"product_id": "OX-101"}}'\ncurl '${here}/v1/profiles?userId=u-42' -H 'Authorization: Bearer sk_your_secret_key'`}
            />
            <p>
              Pages send with the write key, which is public. In its mode <code>ledger</code> it takes events with a
              consent receipt only, as weft.js sends them; the modes <code>claimed</code> and <code>external</code> are
              for clients with a banner or a basis of their own.
            </p>
          </header>
          {tags.map((tag) => (
            <Section id={slug(tag)} title={tag}>
              {operations
                .filter((operation) => operation.tag === tag)
                .map((operation) => (
                  <Route operation={operation} schemas={schemas} />
                ))}
            </Section>
          ))}
          <Section
            id="verdicts"
            title="Verdicts"
            intro="An answer of 200 says of each event what became of it: accepted, or a duplicate, or one of these."
          >
            <Table
              label="Verdicts"
              head={['Verdict', 'Code', 'Meaning', 'Next step']}
              rows={Object.entries(verdicts).map(([code, it]) => [it.verdict, `\`${code}\``, it.meaning, it.hint])}
            />
          </Section>
          <Section
            id="warnings"
            title="Warnings"
            intro="The event counts; something about it should be looked at. The answer names what acceptance sees; what is found later is counted on the dashboard’s overview."
          >
            <Table
              label="Warnings"
              head={['Code', 'Meaning', 'Next step']}
              rows={Object.entries(warnings).map(([code, it]) => [`\`${code}\``, it.meaning, it.hint ?? '–'])}
            />
          </Section>
          <Section id="errors" title="Errors" intro='The body is `{"error": {"code", "message", "hint"}}`.'>
            <Table
              label="Errors"
              head={['Status', 'Code', 'Meaning', 'Next step']}
              rows={Object.entries(errors).map(([code, it]) => [
                String(it.status),
                <code id={`error-${code}`}>{code}</code>,
                it.message,
                it.hint,
              ])}
            />
          </Section>
          <Section
            id="ecommerce"
            title="Ecommerce events"
            intro="Names of a track. What is needed and missing is a warning; the event is kept. Amounts are numbers in major units, or text that is one."
          >
            <Table
              label="Ecommerce events"
              head={['Event', 'Needs', 'Properties']}
              rows={Object.entries(ecommerce).map(([name, { shape, need }]) => [
                name,
                need.map((keys: readonly string[]) => keys.map((key) => `\`${key}\``).join(' or ')).join(', '),
                Object.keys(shape).join(', '),
              ])}
            />
          </Section>
          <Section id="limits" title="Limits">
            <Table
              label="Limits"
              head={['What', 'At most']}
              rows={[
                ['Body after inflating', `${limits.bodyMaxBytes.toLocaleString('en')} bytes`],
                ['One event', `${limits.eventMaxBytes.toLocaleString('en')} bytes`],
                ['Events in a batch', limits.batchMaxEvents.toLocaleString('en')],
                ['messageId', `fewer than ${limits.messageIdMaxChars} characters`],
                ['Name of an event or page', `${limits.nameMaxChars.toLocaleString('en')} characters`],
                ['Nesting of the body', `${limits.depthMax} levels`],
                ['Items of a list', String(limits.pageMaxItems)],
                ['Age of an event under a write key', `${limits.lateMaxMs / 86_400_000} days`],
              ]}
            />
          </Section>
        </main>
      </body>
    </html>
  );
};

const policy =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:";

/** `document` is what /openapi.json answers. */
export const docs = (document: Json): Hono => {
  const app = new Hono();
  let rendered: string | null = null;
  app.get('/docs', (c) => {
    rendered ??= `<!doctype html>${String(<Page document={document} />)}`;
    const url = new URL(c.req.url);
    const host = /^[\w.:[\]-]+$/.test(url.host) ? url.host : 'localhost';
    const scheme = c.req.header('x-forwarded-proto') === 'https' ? 'https' : url.protocol.replace(':', '');
    c.header('Content-Security-Policy', policy);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    return c.html(rendered.replaceAll(here, `${scheme}://${host}`));
  });
  app.get('/docs/docs.css', (c) => {
    c.header('Cache-Control', 'public, max-age=3600');
    return c.body(styles, 200, { 'Content-Type': 'text/css; charset=utf-8' });
  });
  return app;
};
