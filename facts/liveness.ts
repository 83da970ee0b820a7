import { z } from 'zod';
import type { Liveness } from '../model/index.ts';
import type { DocumentDraft } from './document-draft.ts';
import { defineKind } from './kind.ts';

export const livenessSchema: z.ZodType<Liveness> = z.object({
  state: z.enum(['suspect', 'down']),
  incarnation: z.number(),
  by: z.string(),
});

/** Document `liveness/<host>`: what other hosts found out about a host. */
export const livenessKind = defineKind<Liveness, DocumentDraft>({
  name: 'liveness',
  idSegments: 1,
  schema: livenessSchema,
  set: ({ liveness }, id, found) => liveness.set(id, found),
  remove: ({ liveness }, id) => liveness.delete(id),
});
