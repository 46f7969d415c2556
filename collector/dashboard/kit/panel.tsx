// The pieces a page is laid out with: panels, figures, pairs, an empty state, a notice, a form that acts.

import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import type { Tone } from './badge.js';

export const Panel: FC<PropsWithChildren<{ id: string; title: string; aside?: Child }>> = ({
  id,
  title,
  aside,
  children,
}) => (
  <section id={id} class="panel" aria-labelledby={`${id}-title`}>
    <div class="panel-head">
      <h2 id={`${id}-title`}>{title}</h2>
      {aside !== undefined && aside !== null && <div class="panel-aside">{aside}</div>}
    </div>
    {children}
  </section>
);

export interface Figure {
  name: string;
  value: Child;
  note?: Child;
}
export const Figures: FC<{ figures: readonly Figure[] }> = ({ figures }) => (
  <dl class="figures">
    {figures.map(({ name, value, note }) => (
      <div>
        <dt>{name}</dt>
        <dd>
          {value}
          {note !== undefined && note !== null && <span class="note">{note}</span>}
        </dd>
      </div>
    ))}
  </dl>
);

/** What is not there yet, and what to do about it. */
export const Empty: FC<PropsWithChildren<{ title: string }>> = ({ title, children }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children}
  </div>
);

export const Notice: FC<PropsWithChildren<{ tone: Tone }>> = ({ tone, children }) => (
  <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
    {children}
  </div>
);

/** Wide things scroll inside their own box, which must then be reachable by keyboard. */
export const Code: FC<{ text: string; label: string }> = ({ text, label }) => (
  <figure class="code" tabindex={0} aria-label={label}>
    <pre>
      <code>{text}</code>
    </pre>
  </figure>
);

/** Every form that changes something carries the token of its session. */
export const Act: FC<PropsWithChildren<{ action: string; csrf: string; class?: string }>> = (props) => (
  <form method="post" action={props.action} class={props.class}>
    <input type="hidden" name="csrf" value={props.csrf} />
    {props.children}
  </form>
);

/** The last word before something is done: what it does stands above it, and the way back beside it. */
export const Confirm: FC<
  PropsWithChildren<{ action: string; csrf: string; verb: string; danger?: boolean; back: string }>
> = ({ action, csrf, verb, danger = false, back, children }) => (
  <Act action={action} csrf={csrf} class="confirm">
    {children}
    <div class="buttons">
      <button type="submit" class={danger ? 'danger' : undefined}>
        {verb}
      </button>
      <a class="button quiet" href={back}>
        Cancel
      </a>
    </div>
  </Act>
);
