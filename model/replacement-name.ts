import { shortId } from './docker-names.ts';

/** The names of the two containers while one replaces the other. Each name has the short id of the other container. */
export interface ReplacementName {
  /** The name that the container has, or had, without Drover. */
  readonly own: string;
  /** `old`: it is replaced. `next`: it replaces. */
  readonly role: 'old' | 'next';
  /** Short id of the other container. */
  readonly otherId: string;
}

const INFIX = { old: '.drover-replaced-by-', next: '.drover-replaces-' } as const;

export function nameOfOld(own: string, nextId: string): string {
  return `${own}${INFIX.old}${shortId({ id: nextId })}`;
}

export function nameOfNext(own: string, oldId: string): string {
  return `${own}${INFIX.next}${shortId({ id: oldId })}`;
}

/** Null: not a name that Drover gives to a container that it replaces. */
export function parseReplacementName(name: string): ReplacementName | null {
  const found = /^(.+)\.drover-(replaced-by|replaces)-([0-9a-f]{12})$/.exec(name);
  if (!found) return null;
  const [, own = '', verb, otherId = ''] = found;
  return { own, role: verb === 'replaces' ? 'next' : 'old', otherId };
}
