import { z } from 'zod';
import type { Host } from '../model/index.ts';
import { cidr, ip, labels, text } from './fields.ts';
import type { HostDraft } from './host-draft.ts';
import { defineKind } from './kind.ts';

export const hostSchema: z.ZodType<Host> = z.object({
  id: text,
  name: text,
  hostname: z.string(),
  address: ip,
  labels,
  milliCpu: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  localStorageMb: z.number().nullable(),
  agentVersion: z.string(),
  subnets: z.array(cidr),
  routedBridges: z.boolean().default(false),
  incarnation: z.number(),
});

/** Fact `host`: the machine and its agent. */
export const hostKind = defineKind<Host, HostDraft>({
  name: 'host',
  idSegments: 0,
  schema: hostSchema,
  subjectOf: ({ id }) => ({ hostId: id }),
  set: (draft, _id, host) => {
    draft.host = host;
  },
  remove: (draft) => {
    draft.host = null;
  },
});
