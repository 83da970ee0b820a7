import { z } from 'zod';
import { parseIpv4Cidr } from '../model/index.ts';
import type { DocumentDraft } from './document-draft.ts';
import { defineKind } from './kind.ts';

const schema = z.object({ hostId: z.string() });

/** Document `subnet/<address>_<length>`: the host that has claimed the subnet. A key that names none is left out. */
export const subnetKind = defineKind<z.output<typeof schema>, DocumentDraft>({
  name: 'subnet',
  idSegments: 1,
  schema,
  set: ({ subnets }, id, { hostId }) => {
    const subnet = subnetOf(id);
    if (subnet !== null) subnets.set(subnet, hostId);
  },
  remove: ({ subnets }, id) => {
    const subnet = subnetOf(id);
    if (subnet !== null) subnets.delete(subnet);
  },
  forRole: () => undefined,
});

function subnetOf(id: string): string | null {
  return parseIpv4Cidr(id.replace('_', '/'))?.text ?? null;
}
