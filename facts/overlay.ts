import { z } from 'zod';
import {
  backendNames,
  backendSettings,
  type HostOverlay,
  OVERLAY_DOCUMENT,
  OVERLAY_FACT,
  type OverlayChoice,
} from '../model/index.ts';
import type { DocumentDraft } from './document-draft.ts';
import { count, ip, port } from './fields.ts';
import { hostKindOf } from './host-kind.ts';
import { defineKind } from './kind.ts';

const backend = z.enum(backendNames);
const slot = z.literal([0, 1]);

const schema: z.ZodType<HostOverlay> = z.object({
  abilities: z.array(z.object({ backend, means: z.string().nullable(), lacks: z.string() })),
  ends: z.array(
    z.object({ backend, slot, generation: count, port: port.nullable(), publicKey: z.string().nullable() }),
  ),
  uses: count,
  addresses: z.array(ip),
  publicAddress: ip.nullable(),
  underlayMtu: z.int().positive(),
});

/** Fact `overlay`: how other hosts reach the containers of the host. */
export const overlayKind = hostKindOf(OVERLAY_FACT, schema);

const choiceSchema: z.ZodType<OverlayChoice> = z.object({
  setting: z.enum(backendSettings),
  backend: backend.nullable(),
  reason: z.string(),
  generation: count,
  keysSinceMs: z.number(),
});

/** Document `overlay`: how the hosts of the environment should reach each other. */
export const overlayChoiceKind = defineKind<OverlayChoice, DocumentDraft>({
  name: OVERLAY_DOCUMENT,
  idSegments: 0,
  schema: choiceSchema,
  set: ({ overlay }, _id, choice) => overlay.set('', choice),
  remove: ({ overlay }) => overlay.delete(''),
  forRole: () => undefined,
});
