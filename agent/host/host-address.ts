import { networkInterfaces } from 'node:os';
import type { RunCommand } from '../../system/index.ts';

interface DefaultRoute {
  readonly dev?: string;
  readonly prefsrc?: string;
}

const NOT_AN_UPLINK = /^(lo|docker|br-|veth|drover|virbr|cni|tun|tap)/;

/** The address at which other hosts reach this one: that of the default route's device, otherwise of the first uplink; null if there is none. */
export async function findHostAddress(run: RunCommand): Promise<string | null> {
  const routes = await readDefaultRoutes(run);
  for (const { dev, prefsrc } of routes) {
    const address = prefsrc ?? (dev ? firstIpv4(dev) : null);
    if (address) return address;
  }
  const uplinks = Object.keys(networkInterfaces()).filter((name) => !NOT_AN_UPLINK.test(name));
  return uplinks.map(firstIpv4).find((address) => address !== null) ?? null;
}

async function readDefaultRoutes(run: RunCommand): Promise<readonly DefaultRoute[]> {
  try {
    return JSON.parse((await run('ip', ['-json', '-4', 'route', 'show', 'default'])) || '[]') as DefaultRoute[];
  } catch {
    return [];
  }
}

function firstIpv4(device: string): string | null {
  const addresses = networkInterfaces()[device] ?? [];
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? null;
}
