import { z } from 'zod';
import {
  type BackendName,
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
/** An agent of a newer version may name further ones: they equal none that this version knows, and the rest of the fact stays valid. */
const anyBackend = z.custom<BackendName>(
  (value) => typeof value === 'string' && /^[a-z][a-z0-9-]{0,31}$/.test(value),
  'is not the name of a backend',
);
const slot = z.literal([0, 1]);

const schema: z.ZodType<HostOverlay> = z.object({
  abilities: z.array(z.object({ backend: anyBackend, means: z.string().nullable(), lacks: z.string() })),
  ends: z.array(
    z.object({ backend: anyBackend, slot, generation: count, port: port.nullable(), publicKey: z.string().nullable() }),
  ),
  uses: count,
  addresses: z.array(ip),
  publicAddress: ip.nullable(),
  underlayMtu: z.int().positive(),
});

/** Fact `overlay`: how other hosts reach the containers of the host. */
export const overlayKind = hostKindOf(OVERLAY_FACT, schema);

export const overlayChoiceSchema: z.ZodType<OverlayChoice> = z.object({
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
  schema: overlayChoiceSchema,
  set: ({ overlay }, _id, choice) => overlay.set('', choice),
  remove: ({ overlay }) => overlay.delete(''),
  forRole: () => undefined,
});
