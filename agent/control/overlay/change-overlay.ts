import { z } from 'zod';
import type { Bus } from '../../../bus/index.ts';
import { overlayChoiceSchema } from '../../../facts/index.ts';
import {
  backendSettings,
  type JsonValue,
  OVERLAY_DOCUMENT,
  type OverlayChoice,
  ok,
  problem,
  type Result,
} from '../../../model/index.ts';
import { can, chooseBackend, nextChoice, type OverlayHost, planChoice } from '../../../overlay/index.ts';

/** Body of `POST /v1/overlay`. */
export const overlayRequestSchema = z.union([
  z.strictObject({ use: z.enum(backendSettings) }),
  z.strictObject({ rotate: z.literal(true) }),
]);
export type OverlayRequest = z.output<typeof overlayRequestSchema>;

/** Writes another choice for the environment. Rejects when the bus cannot be written. */
export async function changeOverlay(
  bus: Pick<Bus, 'get' | 'put'>,
  request: OverlayRequest,
  { hosts, nowMs }: { readonly hosts: readonly OverlayHost[]; readonly nowMs: number },
): Promise<Result<OverlayChoice>> {
  const found = await bus.get(OVERLAY_DOCUMENT);
  if (found === null)
    return problem(
      'overlay',
      'no host has decided yet how hosts reach each other',
      'wait until the agents have started',
    );
  const { data: before = null } = overlayChoiceSchema.safeParse(found.value);
  const next = 'rotate' in request ? rotated(before, hosts, nowMs) : ok(used(before, request.use, { hosts, nowMs }));
  if (!next.ok) return next;
  const written = await bus.put(OVERLAY_DOCUMENT, next.value as unknown as JsonValue, found.revision);
  return written.ok ? next : problem('overlay', 'another host changed it at the same time', 'run this command again');
}

/** Of `hosts`, the first one is this host. Null: the document is invalid, and is replaced. */
function used(
  before: OverlayChoice | null,
  setting: OverlayChoice['setting'],
  { hosts, nowMs }: { readonly hosts: readonly OverlayHost[]; readonly nowMs: number },
): OverlayChoice {
  const usedGeneration = hosts[0]?.overlay?.uses ?? 0;
  if (before === null)
    return planChoice({ setting, keyMaxAgeMs: Number.POSITIVE_INFINITY, usedGeneration }, null, hosts, nowMs);
  const chosen = chooseBackend(setting, hosts);
  if (chosen.backend === before.backend) return { ...before, setting, reason: chosen.reason };
  return { ...nextChoice(before, nowMs), setting, ...chosen };
}

/** A host that has not finished the last change still needs its old keys, in the slot that the next ones would take. */
function rotated(before: OverlayChoice | null, hosts: readonly OverlayHost[], nowMs: number): Result<OverlayChoice> {
  if (before === null)
    return problem('overlay', 'the choice on the bus cannot be read', 'replace it: `drover overlay use auto`');
  // A host that cannot use the backend takes no part in the change.
  const isChanging = ({ overlay }: OverlayHost): boolean =>
    before.backend !== null && can({ overlay }, before.backend) && overlay?.uses !== before.generation;
  const busy = hosts.filter(isChanging);
  if (busy.length === 0) return ok(nextChoice(before, nowMs));
  return problem(
    'overlay',
    `the last change is not complete on ${busy.map(({ name }) => name).join(', ')}`,
    'wait until `drover overlay` shows that all hosts have changed, then run this command again',
  );
}
