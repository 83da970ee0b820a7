import { type Backend, createDirect, createVxlan } from '../../overlay/index.ts';
import type { Config } from '../config/config.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import { createIpsecBackend } from './create-ipsec.ts';
import { createWireguardBackend, WIREGUARD_SLOTS } from './create-wireguard.ts';

/** All backends of this host. To add one, add a line. Changes nothing on the host. */
export function createBackends(deps: AgentDependencies, config: Config): readonly Backend[] {
  const wireguard = WIREGUARD_SLOTS.map((slot) => createWireguardBackend(deps, config, slot));
  return [createDirect(), createVxlan(deps), createIpsecBackend(deps, config), ...wireguard] as readonly Backend[];
}
