import { z } from 'zod';
import { backendNames, type HostOverlay, OVERLAY_FACT } from '../model/index.ts';
import { ip, port } from './fields.ts';
import { hostKindOf } from './host-kind.ts';

const backend = z.enum(backendNames);

const schema: z.ZodType<HostOverlay> = z.object({
  abilities: z.array(z.object({ backend, means: z.string().nullable(), lacks: z.string() })),
  ends: z.array(
    z.object({ backend, slot: z.literal([0, 1]), port: port.nullable(), publicKey: z.string().nullable() }),
  ),
  addresses: z.array(ip),
  publicAddress: ip.nullable(),
  underlayMtu: z.int().positive(),
});

/** Fact `overlay`: how other hosts reach the containers of the host. */
export const overlayKind = hostKindOf(OVERLAY_FACT, schema);
