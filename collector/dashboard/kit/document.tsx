// The frame of every page: head, top bar, main. Which rooms there are and where the style sheet lies is told by whoever
// renders it; nothing in it is inline, so that the strictest policy holds.

import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { Act } from './panel.js';
import { type View, ViewOf } from './view.js';

export interface Assets {
  css: string;
  js: string;
  icon: string;
}
export interface Room {
  path: string;
  name: string;
}

export interface DocumentProps {
  title: string;
  view: View;
  assets: Assets;
  rooms: readonly Room[];
  /** Where the name of the house leads. */
  home: string;
  /** Who is logged in, where there are several who could be. */
  who: string | null;
  /** Path of the room this page is in. */
  room: string | null;
  /** Token of the session for forms; null for whoever is not logged in. */
  csrf: string | null;
  /** How the page mends itself while it is open. */
  refresh?: { everyMs: number; version: string } | null;
  /** Between the top bar and the page's own content. */
  notice?: Child;
  narrow?: boolean;
  /** Beside the rooms: the search field. */
  bar?: Child;
}

export const Document: FC<PropsWithChildren<DocumentProps>> = (props) => (
  <ViewOf value={props.view}>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{props.title} · Weft</title>
        <link rel="icon" href={props.assets.icon} type="image/svg+xml" />
        <link rel="stylesheet" href={props.assets.css} />
        <script src={props.assets.js} defer />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="top">
          <a class="brand" href={props.home}>
            <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
              <path class="warp" d="M4 1v18M10 1v18M16 1v18" />
              <path class="weft" d="M1 6h1.500M5.500 6H14.500M17.500 6H19M1 14H8.500M11.500 14H19" />
            </svg>
            Weft
          </a>
          {props.csrf !== null && (
            <>
              <nav aria-label="Rooms">
                <ul>
                  {props.rooms.map(({ path, name }) => (
                    <li>
                      <a href={path} aria-current={path === props.room ? 'page' : undefined}>
                        {name}
                      </a>
                    </li>
                  ))}
                </ul>
              </nav>
              {props.bar}
              <Act action="/logout" csrf={props.csrf} class="logout">
                {props.who !== null && (
                  <span class="who soft small">
                    <bdi>{props.who}</bdi>
                  </span>
                )}
                <button
                  type="submit"
                  class="quiet"
                  aria-label={props.who === null ? undefined : `Log out ${props.who}`}
                >
                  Log out
                </button>
              </Act>
            </>
          )}
        </header>
        <main
          id="main"
          tabindex={-1}
          data-now={String(props.view.now)}
          class={props.narrow ? 'narrow' : undefined}
          data-refresh={props.refresh ? String(props.refresh.everyMs) : undefined}
          data-version={props.refresh?.version}
        >
          {props.notice}
          {props.children}
        </main>
        <p id="told" class="unseen" aria-live="polite" />
      </body>
    </html>
  </ViewOf>
);
