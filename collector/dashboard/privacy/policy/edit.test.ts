import { describe, expect, it } from 'vitest';
import { consentSchema } from '../../../consent/policy/shape.js';
import { fieldsIn, onlyInText, starter, withFields } from './edit.js';

interface Shape {
  $ref?: string;
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
  items?: Shape;
}
const schema = consentSchema() as unknown as Shape & { $defs: Record<string, Shape> };
const resolved = (one: Shape): Shape => {
  const named = one.$ref === undefined ? one : schema.$defs[one.$ref.split('/').at(-1)!]!;
  return named.anyOf ? resolved(named.anyOf[0]!) : named;
};
/** Every key of the schema, with the numbers of lists left out. */
const keysOf = (given: Shape, path: string[] = []): string[] => {
  const { properties, items } = resolved(given);
  if (properties) return Object.entries(properties).flatMap(([key, value]) => keysOf(value, [...path, key]));
  if (items && resolved(items).properties) return keysOf(items, path);
  return [path.join('.')];
};

describe('the editor', () => {
  it('says of every field what may stand in it, and of every choice what each of its words does', () => {
    for (const { name, note, options = [] } of fieldsIn(starter).flatMap(({ fields }) => fields)) {
      expect([name, note]).toEqual([name, expect.stringMatching(/^\S.+\.$/)]);
      const isPlain = options.includes('true') || name.startsWith('ui.');
      expect([name, options.filter((option) => !isPlain && !note.includes(option))]).toEqual([name, []]);
    }
  });

  it('has a field for every key of the file, or says that it is changed as text', () => {
    const fields = fieldsIn(starter).flatMap(({ fields }) => fields.map(({ name }) => name.replace(/\.\d+/g, '')));
    const text = onlyInText();
    const missing = keysOf(schema).filter(
      (key) => !fields.includes(key) && !text.some((one) => key === one || key.startsWith(`${one}.`)),
    );
    expect(missing).toEqual([]);
    expect(text.filter((one) => fields.includes(one))).toEqual([]);
    expect(text).toContain('recipients');
    expect(text).toContain('purposes.basis');
    expect(text).not.toContain('decision.scope');
  });

  it.each([
    ['decision.scope', 'account', { decision: { scope: 'account' } }],
    ['decision.accountConflict', 'latest', { decision: { accountConflict: 'latest' } }],
    ['age.gate', 'true', { age: { gate: true } }],
    ['decision.countRefusals', 'false', { decision: { countRefusals: false } }],
    ['transfer', 'a.example, b.example', { transfer: ['a.example', 'b.example'] }],
    // Nonsense stays as it is written: the linter says so at its place.
    ['killSwitch', 'perhaps', { killSwitch: 'perhaps' }],
  ])('writes %s as %s, and takes it out again', (name, value, expected) => {
    const text = withFields('{ "site": "s" }', { [name]: value });
    expect(JSON.parse(text)).toEqual({ site: 's', ...expected });
    const shown = fieldsIn(text)
      .flatMap(({ fields }) => fields)
      .find((field) => field.name === name);
    expect(shown?.value).toBe(value);
  });
});
