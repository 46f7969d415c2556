// A policy as a form, and as text.

import type { FC } from 'hono/jsx';
import { Act, Panel } from '../../kit/panel.js';
import { fieldsIn, onlyInText } from './edit.js';
import { here } from './policy.js';

export const Forms: FC<{ text: string; over: string; csrf: string }> = ({ text, over, csrf }) => {
  const groups = fieldsIn(text);
  return (
    <>
      {groups.length > 0 && (
        <Panel id="fields" title="The common keys">
          <Act action={`${here}/review`} csrf={csrf} class="keys">
            <input type="hidden" name="text" value={text} />
            <input type="hidden" name="over" value={over} />
            {groups.map(({ title, fields }) => (
              <fieldset>
                <legend>{title}</legend>
                {fields.map(({ name, label, note, value, options }) => (
                  <div class="key">
                    <label for={`f-${name}`}>{label}</label>
                    {options === undefined ? (
                      <input
                        id={`f-${name}`}
                        name={`f.${name}`}
                        value={value}
                        maxlength={2000}
                        autocomplete="off"
                        spellcheck={false}
                        aria-describedby={note === '' ? undefined : `n-${name}`}
                      />
                    ) : (
                      <select id={`f-${name}`} name={`f.${name}`}>
                        {['', ...options].map((option) => (
                          <option value={option} selected={option === value}>
                            {option === '' ? 'as it ships' : option}
                          </option>
                        ))}
                      </select>
                    )}
                    {note !== '' && (
                      <p id={`n-${name}`} class="soft small">
                        {note}
                      </p>
                    )}
                  </div>
                ))}
              </fieldset>
            ))}
            <div class="buttons">
              <button type="submit">Look at the change</button>
            </div>
          </Act>
        </Panel>
      )}
      <Panel id="raw" title="The file itself">
        <Act action={`${here}/review`} csrf={csrf} class="keys">
          <input type="hidden" name="over" value={over} />
          <label for="text">
            JSON. <a href="/consent.schema.json">Its schema</a> says what may stand in it. Changed here only:{' '}
            {onlyInText().join(', ')}.
          </label>
          <textarea id="text" name="text" rows={24} spellcheck={false} autocomplete="off" class="mono">
            {`\n${text}`}
          </textarea>
          <div class="buttons">
            <button type="submit">Look at the change</button>
          </div>
        </Act>
      </Panel>
    </>
  );
};
