import { z } from 'zod';
import type { Network } from '../model/index.ts';
import { cidr, text } from './fields.ts';
import type { HostDraft } from './host-draft.ts';
import { defineKind } from './kind.ts';

export const networkSchema: z.ZodType<Network> = z.object({
  id: text,
  hostId: text,
  name: text,
  kind: z.enum(['managed', 'bridge', 'host', 'none', 'other']),
  subnets: z.array(cidr),
  internal: z.boolean(),
  device: z.string().nullable(),
});

/** Fact `network/<id>`: one Docker network of the host. */
export const networkKind = defineKind<Network, HostDraft>({
  name: 'network',
  idSegments: 1,
  schema: networkSchema,
  subjectOf: ({ hostId, id }) => ({ hostId, id }),
  set: ({ networks }, id, network) => networks.set(id, network),
  remove: ({ networks }, id) => networks.delete(id),
});
