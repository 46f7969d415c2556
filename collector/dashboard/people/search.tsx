// The one field that finds people: in the top bar of most rooms, and large in their own.

import type { FC } from 'hono/jsx';

export const SearchForm: FC<{ where: 'bar' | 'page'; find: string | null }> = ({ where, find }) => (
  <search class={`search ${where}`}>
    <form method="get" action="/people">
      <label for={`find-${where}`} class={where === 'bar' ? 'unseen' : undefined}>
        {where === 'bar' ? 'Find a person' : 'User id, e-mail, phone, device id, order number or profile id'}
      </label>
      <div class="field">
        <input
          id={`find-${where}`}
          type="search"
          name="find"
          value={find ?? ''}
          maxlength={200}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder={where === 'bar' ? 'Find a person' : undefined}
        />
        <button type="submit" class={where === 'bar' ? 'unseen-until-focus' : undefined}>
          Find
        </button>
      </div>
    </form>
  </search>
);
