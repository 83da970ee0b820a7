import type { IpNetconf } from './ip-json.ts';
import { type Step, step } from './step.ts';

/** Whether a device accepts packets whose answers leave through another one, and forwards. Null: the kernel does not say. */
export function isLoose(netconf: IpNetconf | null): boolean {
  return netconf !== null && netconf.rp_filter === 'loose' && netconf.forwarding === true;
}

/** While a backend is replaced, packets arrive through one device and answers leave through another one. */
export function loosen(device: string): Step {
  const prefix = `net.ipv4.conf.${device}`;
  return step(`sysctl --write ${prefix}.rp_filter=2 ${prefix}.forwarding=1`);
}
