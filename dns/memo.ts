import type { HostView, Scope } from '../view/index.ts';
import { type Question, type Resolution, resolve } from './resolve.ts';

const MAX_KEPT = 1_000;

/** `resolve`, remembered for as long as the scope lives, which is as long as its view is the newest. */
export function createMemo(metadataAddress: string): (view: HostView, scope: Scope, question: Question) => Resolution {
  const ofScope = new WeakMap<Scope, Map<string, Resolution>>();
  return (view, scope, question) => {
    const known = ofScope.get(scope) ?? new Map<string, Resolution>();
    ofScope.set(scope, known);
    const key = `${question.type} ${question.name.toLowerCase()}`;
    const remembered = known.get(key);
    if (remembered) return remembered;
    const resolution = resolve(view, scope, question, metadataAddress);
    if (known.size >= MAX_KEPT) known.clear();
    known.set(key, resolution);
    return resolution;
  };
}
