import { z } from 'zod';
import { DRAINING_FACT, SESSIONS_FACT } from '../model/index.ts';
import { count, text } from './fields.ts';
import type { HostDraft } from './host-draft.ts';
import { defineKind } from './kind.ts';

/** Fact `draining`. The servers do not read it: the container is `stopping` for them. */
export const drainingKind = hostKindOf(DRAINING_FACT, z.object({ containers: z.array(text) }));

/** Fact `sessions`: for the agent that replaces containers. */
export const sessionsKind = hostKindOf(SESSIONS_FACT, z.object({ sessions: z.record(z.string(), count) }));

/** A kind of which a host has at most one fact. */
function hostKindOf<T>(name: string, schema: z.ZodType<T>) {
  return defineKind<T, HostDraft>({
    name,
    idSegments: 0,
    schema,
    set: (draft, id, value) => draft.ofKind(name).set(id, value),
    remove: (draft, id) => draft.ofKind(name).delete(id),
    forRole: () => undefined,
  });
}
