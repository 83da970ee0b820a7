import type { BackendSetting, OverlayChoice } from '../../model/index.ts';
import { chooseBackend, type OverlayHost } from './choose-backend.ts';

export interface ChoiceSettings {
  /** For an environment without a choice. */
  readonly setting: BackendSetting;
  /** Keys that are older are renewed, milliseconds. */
  readonly keyMaxAgeMs: number;
  /** The newest generation that this host has used. */
  readonly usedGeneration: number;
}

/**
 * The choice that the environment should have; the identical one: no change. `hosts` are the living ones of the managed network.
 * Pure.
 */
export function planChoice(
  { setting, keyMaxAgeMs, usedGeneration }: ChoiceSettings,
  before: OverlayChoice | null,
  hosts: readonly OverlayHost[],
  nowMs: number,
): OverlayChoice {
  const chosen = chooseBackend(before?.setting ?? setting, hosts);
  if (before === null) return { setting, ...chosen, generation: usedGeneration + 1, keysSinceMs: nowMs };
  // The bus was restored from a backup: keys of an earlier generation would be refused.
  if (before.generation < usedGeneration)
    return { ...before, ...chosen, generation: usedGeneration + 1, keysSinceMs: nowMs };
  // A time far in the future is that of a host whose clock was wrong.
  const isOld = Math.abs(nowMs - before.keysSinceMs) >= keyMaxAgeMs;
  if (chosen.backend !== before.backend || (isOld && chosen.backend !== null))
    return { ...nextChoice(before, nowMs), ...chosen };
  return chosen.reason === before.reason ? before : { ...before, ...chosen };
}

/** The same backend with new keys, or the choice that an operator makes. Pure. */
export function nextChoice(before: OverlayChoice, nowMs: number): OverlayChoice {
  return { ...before, generation: before.generation + 1, keysSinceMs: nowMs };
}
