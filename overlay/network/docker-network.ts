import type Docker from 'dockerode';
import { nthAddress, ok, parseIpv4Cidr, problem, type Result } from '../../model/index.ts';
import type { Log, RunCommand } from '../../system/index.ts';
import { findRangeConflicts } from './range-conflicts.ts';

export interface ManagedNetworkSettings {
  /** Name of the Docker network; Compose files refer to it as an external network. Default `drover`. */
  readonly name?: string;
  /** Canonical CIDR claimed for this host. */
  readonly subnet: string;
  /** Bridge device on the host. Default `drover1`. */
  readonly device?: string;
  /** Docker's name of the IPAM driver; `default` for Docker's own. Default `drover`. */
  readonly ipamDriver?: string;
  /** Of the containers' interfaces. Default 1500. */
  readonly mtu?: number;
}

export interface ManagedNetwork {
  /** Docker's id. */
  readonly id: string;
  readonly name: string;
  readonly device: string;
  readonly subnet: string;
  readonly gateway: string;
}

/** Label of networks that Drover made. */
export const MANAGED_LABEL = 'drover.managed';
const BRIDGE = 'com.docker.network.bridge';

/**
 * Creates the Docker network that connects containers of all hosts, unless it exists. A network that Drover did not make, or
 * that has another subnet, is a problem and is not changed. Rejects when Docker cannot be reached. Idempotent.
 */
export async function ensureManagedNetwork(
  { docker, run, log }: { docker: Docker; run: RunCommand; log: Log },
  settings: ManagedNetworkSettings,
): Promise<Result<ManagedNetwork>> {
  const { name = 'drover', subnet } = settings;
  const cidr = parseIpv4Cidr(subnet);
  const gateway = cidr && nthAddress(cidr, 1);
  if (!gateway)
    return problem(`managed network ${name}`, `${subnet} is not a subnet`, 'use a subnet such as 10.42.1.0/24');
  const found = await inspect(docker, name);
  if (found) return check(found, name, subnet);
  const [conflict] = await findRangeConflicts({ run }, { ranges: [subnet], device: settings.device ?? 'drover1' });
  if (conflict) return { ok: false, problem: conflict };
  const options = createOptions({ ...settings, name }, gateway.text);
  try {
    await docker.createNetwork(options);
  } catch (error) {
    const { statusCode, message } = error as { statusCode?: number; message: string };
    if (statusCode === undefined || statusCode === 409) throw error;
    return problem(`managed network ${name}`, message, 'fix the cause that Docker reports, or choose other ranges');
  }
  log.info({ network: name, subnet }, 'created the managed network');
  const made = await inspect(docker, name);
  if (!made) throw new Error(`Docker network ${name} was removed while Drover created it`);
  return check(made, name, subnet);
}

/** Our network on this host; null: there is none, or Drover did not make the network of that name. */
export async function findManagedNetwork(docker: Docker, name = 'drover'): Promise<ManagedNetwork | null> {
  const found = await inspect(docker, name);
  return found && isOurs(found) ? toNetwork(found) : null;
}

/** Removes our network, unless containers use it: the problem then names them. Idempotent. */
export async function removeManagedNetwork(docker: Docker, name = 'drover'): Promise<Result<null>> {
  const found = await inspect(docker, name);
  if (!found || !isOurs(found)) return ok(null);
  const users = Object.values(found.Containers ?? {}).map((container) => container.Name);
  if (users.length > 0)
    return problem(`managed network ${name}`, `is used by ${users.join(', ')}`, 'stop those containers first');
  await docker.getNetwork(found.Id).remove();
  return ok(null);
}

function createOptions(
  { name = 'drover', subnet, device = 'drover1', ipamDriver = 'drover', mtu = 1500 }: ManagedNetworkSettings,
  gateway: string,
): Docker.NetworkCreateOptions {
  return {
    Name: name,
    CheckDuplicate: true,
    Driver: 'bridge',
    Attachable: true,
    IPAM: { Driver: ipamDriver, Config: [{ Subnet: subnet, Gateway: gateway }] },
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

function isOurs({ Labels }: Docker.NetworkInspectInfo): boolean {
  return Labels?.[MANAGED_LABEL] === 'true';
}

function toNetwork({ Id, Name, Options, IPAM }: Docker.NetworkInspectInfo): ManagedNetwork {
  const [config] = IPAM?.Config ?? [];
  const device = Options?.[`${BRIDGE}.name`] ?? '';
  return { id: Id, name: Name, device, subnet: config?.Subnet ?? '', gateway: config?.Gateway ?? '' };
}

function check(found: Docker.NetworkInspectInfo, name: string, subnet: string): Result<ManagedNetwork> {
  const subject = `Docker network ${name}`;
  if (!isOurs(found))
    return problem(subject, 'was not created by Drover', 'remove the network, or change `network.name`');
  const network = toNetwork(found);
  if (network.subnet !== subnet)
    return problem(
      subject,
      `has subnet ${network.subnet}, but the subnet of this host is ${subnet}`,
      'stop the containers on the network and remove it; the agent then creates it again',
    );
  return ok(network);
}
