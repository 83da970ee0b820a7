import { spread } from './hash.ts';

const SLOTS = 16_384;

/** Returns whether a hash was given lately. Others displace it: a miss is not certain, a hit nearly is. */
export function createRepeats(): (hash: number) => boolean {
  const seen = new Int32Array(SLOTS);
  return (hash) => {
    const slot = spread(hash) & (SLOTS - 1);
    const isRepeat = seen[slot] === hash;
    seen[slot] = hash;
    return isRepeat;
  };
}
