// The banners a site may come from.

import { fromC15t, isC15t } from './c15t.js';
import { type Fields, fieldsOf, type Imported } from './draft.js';
import { fromKlaro, isKlaro } from './klaro.js';
import { runConfig } from './sandbox.js';
import { fromVanilla, isVanilla } from './vanilla.js';

export type { Imported, Remark } from './draft.js';

export const foreigners = ['vanilla', 'klaro', 'c15t'] as const;
export type Foreigner = (typeof foreigners)[number];

const readers: Readonly<Record<Foreigner, { isOne: (value: unknown) => boolean; read: (config: Fields) => Imported }>> =
  {
    vanilla: { isOne: isVanilla, read: fromVanilla },
    klaro: { isOne: isKlaro, read: fromKlaro },
    c15t: { isOne: isC15t, read: fromC15t },
  };

export const importConfig = async (
  from: Foreigner,
  source: string,
): Promise<{ ok: true; imported: Imported } | { ok: false; reason: string }> => {
  const ran = await runConfig(source);
  if (!ran.ok) return ran;
  const { isOne, read } = readers[from];
  const config = ran.candidates.find(isOne);
  if (config === undefined) {
    const other = foreigners.find((name) => ran.candidates.some(readers[name].isOne));
    return {
      ok: false,
      reason: `no configuration of ${from} is in it${other === undefined ? '' : `; it looks like one of ${other}`}`,
    };
  }
  const imported = read(fieldsOf(config));
  const remarks = ran.remarks.map((what) => ({
    kind: 'note' as const,
    what,
    next: 'What it would have brought is not in the result.',
  }));
  return { ok: true, imported: { ...imported, remarks: [...imported.remarks, ...remarks] } };
};
