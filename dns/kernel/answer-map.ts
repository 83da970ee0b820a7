import type { Bpf } from './bpf.ts';
import { encodeAnswer, encodeKey, type KernelAnswer, MAPS } from './layout.ts';

/** The answers in the kernel. Only those of the newest epoch count, so that all of them can be dropped at once. */
export interface AnswerMap {
  epoch(): number;
  size(): number;
  /** Does nothing if the kernel cannot give this answer, or has no more room. `name`: wire form, lower case. */
  put(scope: number, type: number, name: Uint8Array, answer: KernelAnswer): void;
  drop(scope: number, type: number, name: Uint8Array): void;
  /** Begins a new epoch. The entries of earlier ones are removed by `sweep`. */
  clear(): void;
  /** Removes some entries of earlier epochs. */
  sweep(): void;
}

const SWEPT_AT_ONCE = 2_000;

export function createAnswerMap(bpf: Pick<Bpf, 'update' | 'remove'>, map: number): AnswerMap {
  let epoch = 1;
  let keys = new Set<string>();
  let stale: string[] = [];
  return {
    epoch: () => epoch,
    size: () => keys.size,
    put: (scope, type, name, answer) => {
      const key = encodeKey({ epoch, scope, type, name });
      const value = encodeAnswer(type, answer);
      if (key === null || value === null) return;
      const text = key.toString('latin1');
      if (!keys.has(text) && keys.size + stale.length >= MAPS.answers.maxEntries) return;
      bpf.update(map, key, value);
      keys.add(text);
    },
    drop: (scope, type, name) => {
      const key = encodeKey({ epoch, scope, type, name });
      if (key !== null && keys.delete(key.toString('latin1'))) bpf.remove(map, key);
    },
    clear: () => {
      epoch = (epoch + 1) >>> 0;
      stale = [...stale, ...keys];
      keys = new Set();
    },
    sweep: () => {
      for (const key of stale.splice(0, SWEPT_AT_ONCE)) bpf.remove(map, Buffer.from(key, 'latin1'));
    },
  };
}
