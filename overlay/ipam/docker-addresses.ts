import type Docker from 'dockerode';
import type { ListUsedAddresses } from './compare-leases.ts';

/**
 * Lists the addresses in a pool that any Docker network uses: containers, gateways, auxiliary addresses. Null when Docker does
 * not answer in time: at its start, Docker requests addresses before its own API is available.
 */
export function listDockerAddresses(docker: Docker, { timeoutMs = 3000 } = {}): ListUsedAddresses {
  return async (pool) => {
    try {
      return await withTimeout(usedIn(docker, pool), timeoutMs);
    } catch {
      return null;
    }
  };
}

async function usedIn(docker: Docker, pool: string): Promise<ReadonlySet<string>> {
  const networks = await docker.listNetworks();
  const inPool = networks.filter(({ IPAM }) => IPAM?.Config?.some(({ Subnet }) => Subnet === pool));
  // The list of networks does not contain their containers; only inspecting a network does.
  const details: Docker.NetworkInspectInfo[] = await Promise.all(
    inPool.map(({ Id }) => docker.getNetwork(Id).inspect()),
  );
  return new Set(details.flatMap(addressesOf));
}

function addressesOf({ IPAM, Containers }: Docker.NetworkInspectInfo): string[] {
  const configured = (IPAM?.Config ?? []).flatMap(({ Gateway, AuxiliaryAddresses }) => [
    Gateway ?? '',
    ...Object.values(AuxiliaryAddresses ?? {}),
  ]);
  const ofContainers = Object.values(Containers ?? {}).map(({ IPv4Address }) => IPv4Address);
  return [...configured, ...ofContainers].map((text) => text?.split('/')[0] ?? '').filter((text) => text !== '');
}

async function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Docker did not answer within ${timeoutMs} ms`)), timeoutMs);
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
