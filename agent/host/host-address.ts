import { type IpRoute, readIp } from '../../linux/index.ts';
import type { RunCommand } from '../../system/index.ts';
import { bridgesInQuestion, type UplinkAddress, uplinkAddresses } from './uplinks.ts';

/** The address at which other hosts reach this one: the first of its uplinks; null if there is none. */
export async function findHostAddress(run: RunCommand): Promise<string | null> {
  const [first] = await readUplinkAddresses(run);
  return first?.address ?? null;
}

/** The addresses of this host on its networks, the preferred one first. Empty if they cannot be read. */
export async function readUplinkAddresses(run: RunCommand): Promise<readonly UplinkAddress[]> {
  try {
    // Without the hundreds of devices of containers, which have no address here.
    const [{ links, routes }, routes6] = await Promise.all([
      readIp(run, ['address show up scope global', 'route show default']),
      readDefaultRoutes6(run),
    ]);
    const bridges = bridgesInQuestion(links);
    const commands = bridges.map((bridge) => `link show up master ${bridge}`);
    const ports = commands.length === 0 ? [] : (await readIp(run, commands)).links;
    return uplinkAddresses([...links, ...ports], [...routes, ...routes6]);
  } catch {
    return [];
  }
}

async function readDefaultRoutes6(run: RunCommand): Promise<readonly IpRoute[]> {
  // `-batch` has no family for each command.
  const text = await run('ip', ['-json', '-6', 'route', 'show', 'default']).catch(() => '');
  return JSON.parse(text.trim() || '[]') as IpRoute[];
}
