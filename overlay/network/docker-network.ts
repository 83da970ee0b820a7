import type Docker from 'dockerode';
import { nthAddress, ok, parseIpv4Cidr, problem, type Result } from '../../model/index.ts';
import { IPAM_DRIVER } from '../ipam/driver-networks.ts';

export interface NetworkSettings {
  /** Name of the Docker network; Compose files refer to it as an external network. */
  readonly name: string;
  /** Bridge device on the host. */
  readonly device: string;
  /** Of the containers' interfaces. */
  readonly mtu: number;
}

/** A Docker network of this host. */
export interface DockerNetwork {
  /** Docker's id. */
  readonly id: string;
  readonly name: string;
  readonly device: string;
  readonly subnet: string;
  readonly gateway: string;
  /** Whether Drover made it. */
  readonly isOurs: boolean;
}

/** Label of networks that Drover made. */
export const MANAGED_LABEL = 'drover.managed';
const BRIDGE = 'com.docker.network.bridge';

/** The Docker network of this name on this host; null: there is none. */
export async function findDockerNetwork(docker: Docker, name: string): Promise<DockerNetwork | null> {
  const found = await inspect(docker, name);
  return found && toNetwork(found);
}

/** Creates the Docker network that connects containers of all hosts. Rejects when Docker refuses it or has one of that name. */
export async function createDockerNetwork(docker: Docker, settings: NetworkSettings, subnet: string): Promise<void> {
  const cidr = parseIpv4Cidr(subnet);
  const gateway = cidr && nthAddress(cidr, 1);
  if (!gateway) throw new Error(`${subnet} is not a subnet`);
  await docker.createNetwork(createOptions(settings, subnet, gateway.text));
}

/** Removes our network, unless containers use it: the problem then names them. Idempotent. */
export async function removeManagedNetwork(docker: Docker, name = 'drover'): Promise<Result<null>> {
  const found = await inspect(docker, name);
  if (!found || !toNetwork(found).isOurs) return ok(null);
  const users = Object.values(found.Containers ?? {}).map((container) => container.Name);
  if (users.length > 0)
    return problem(`managed network ${name}`, `is used by ${users.join(', ')}`, 'stop those containers first');
  await docker.getNetwork(found.Id).remove();
  return ok(null);
}

function createOptions(
  { name, device, mtu }: NetworkSettings,
  subnet: string,
  gateway: string,
): Docker.NetworkCreateOptions {
  return {
    Name: name,
    CheckDuplicate: true,
    Driver: 'bridge',
    Attachable: true,
    IPAM: { Driver: IPAM_DRIVER, Config: [{ Subnet: subnet, Gateway: gateway }] },
    Options: {
      [`${BRIDGE}.name`]: device,
      // Drover masquerades traffic that leaves the environment; between hosts the source address is kept.
      [`${BRIDGE}.enable_ip_masquerade`]: 'false',
      // Without this, Docker 28 drops packets that are routed to container addresses. Older versions ignore the option.
      [`${BRIDGE}.gateway_mode_ipv4`]: 'nat-unprotected',
      'com.docker.network.driver.mtu': String(mtu),
    },
    Labels: { [MANAGED_LABEL]: 'true' },
  };
}

async function inspect(docker: Docker, name: string): Promise<Docker.NetworkInspectInfo | null> {
  try {
    const found: Docker.NetworkInspectInfo = await docker.getNetwork(name).inspect();
    // Docker also accepts a prefix of a network's id.
    return found.Name === name ? found : null;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return null;
    throw error;
  }
}

function toNetwork({ Id, Name, Options, IPAM, Labels }: Docker.NetworkInspectInfo): DockerNetwork {
  const [config] = IPAM?.Config ?? [];
  const device = Options?.[`${BRIDGE}.name`] ?? '';
  const isOurs = Labels?.[MANAGED_LABEL] === 'true';
  return { id: Id, name: Name, device, subnet: config?.Subnet ?? '', gateway: config?.Gateway ?? '', isOurs };
}
