import { basename } from 'node:path';
import type { Program } from '../../linux/index.ts';
import type { TunnelSlot } from '../../model/index.ts';
import { wireguardDevice } from '../../overlay/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { createSupervisedProgram } from '../children/supervised-program.ts';

/** Names of the children, and of their files in the run directory. */
export const wireguardChild = (slot: TunnelSlot): string => `wireguard-${slot}`;

/** Its device ends with it, and a handshake of a few milliseconds begins the next. */
const STOP_TIMEOUT_MS = 1_000;

export interface WireguardProcessSettings {
  readonly runDir: string;
  /** wireguard-go. */
  readonly program: string;
  readonly slot: TunnelSlot;
}

/** The wireguard-go of a slot. It keeps running while the agent is restarted or upgraded: the version of the agent does not matter. */
export function createWireguardProcess(
  deps: { readonly clock: Clock; readonly log: Log },
  { runDir, program, slot }: WireguardProcessSettings,
): Program {
  const args = ['--foreground', wireguardDevice(slot)];
  const spec = { name: wireguardChild(slot), file: program, args, version: basename(program) };
  return createSupervisedProgram(deps, spec, { runDir, stopTimeoutMs: STOP_TIMEOUT_MS });
}
