import type { z } from 'zod';
import type { HostDraft } from './host-draft.ts';
import { defineKind } from './kind.ts';

/** A kind of which a host has at most one fact, and that the servers do not read. */
export function hostKindOf<T>(name: string, schema: z.ZodType<T>) {
  return defineKind<T, HostDraft>({
    name,
    idSegments: 0,
    schema,
    set: (draft, id, value) => draft.ofKind(name).set(id, value),
    remove: (draft, id) => draft.ofKind(name).delete(id),
    forRole: () => undefined,
  });
}
