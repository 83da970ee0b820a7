import type Docker from 'dockerode';

/**
 * Every address Docker's networks in a pool hold: of endpoints, gateways and auxiliary ones. Null when Docker does not
 * tell completely. For the address management driver.
 */
export async function usedAddresses(docker: Docker, pool: string): Promise<ReadonlySet<string> | null> {
  try {
    const networks = await docker.listNetworks();
    const inPool = networks.filter(({ IPAM }) => IPAM?.Config?.some(({ Subnet }) => Subnet === pool));
    const whole = await Promise.all(inPool.map(({ Id }) => docker.getNetwork(Id).inspect()));
    return new Set(whole.flatMap(addressesOf).filter((address) => address !== ''));
  } catch {
    return null;
  }
}

function addressesOf({ IPAM, Containers }: Docker.NetworkInspectInfo): readonly string[] {
  const fixed = (IPAM?.Config ?? []).flatMap((config) => {
    const { Gateway, AuxiliaryAddresses } = config as { Gateway?: string; AuxiliaryAddresses?: Record<string, string> };
    return [Gateway ?? '', ...Object.values(AuxiliaryAddresses ?? {})];
  });
  const endpoints = Object.values(Containers ?? {}).map(({ IPv4Address }) => IPv4Address ?? '');
  return [...fixed, ...endpoints].map((address) => address.split('/')[0] ?? '');
}
