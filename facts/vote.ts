import { z } from 'zod';
import { isJsonObject, VOTE_FACTS, type Vote } from '../model/index.ts';
import type { HostDraft } from './host-draft.ts';
import { defineKind } from './kind.ts';

const voteSchema: z.ZodType<Vote> = z.object({
  startedAtMs: z.number(),
  up: z.boolean(),
  wasUp: z.boolean(),
  sinceMs: z.number(),
  text: z.string().max(500),
});

/** Fact `vote/<host>/<container>`: what this host found out about a container that it checks. */
export const voteKind = defineKind<Vote, HostDraft>({
  name: VOTE_FACTS,
  idSegments: 2,
  schema: voteSchema,
  set: (draft, id, vote) => draft.ofKind(VOTE_FACTS).set(id, vote),
  remove: (draft, id) => draft.ofKind(VOTE_FACTS).delete(id),
  // The servers only need the verdict. Without these fields they read nothing when a text changes.
  forRole: (role, value) =>
    (role === 'dns' || role === 'metadata') && isJsonObject(value) ? { ...value, sinceMs: 0, text: '' } : value,
});
