// @ts-check
// One seed for every property test of a run, printed with what fails. The same by default, so that two runs of one commit
// agree; WEFT_SEED=… or WEFT_SEED=random looks elsewhere. Imported by the tests' configuration.
import fc from 'fast-check';

const asked = process.env.WEFT_SEED;
export const seed = asked === 'random' ? Date.now() % 2 ** 31 : Number(asked ?? 20261122);
process.env.WEFT_SEED = String(seed);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
