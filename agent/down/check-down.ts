import Docker from 'dockerode';
import type { Problem } from '../../model/index.ts';
import { listDriverNetworks, MANAGED_LABEL } from '../../overlay/index.ts';
import { connectionProblem } from '../../sources/index.ts';
import type { Config } from '../config/config.ts';
import { dnsAddresses, readDockerDns } from '../host/docker-dns.ts';
import { dnsOf, inspectAll } from './inspect-all.ts';
import { type DownCheck, judgeDown, type NetworkUse } from './judge-down.ts';

const DOCKER_WITHIN_MS = 10_000;

/** What has to be removed before `drover down`, and what to change after it. Changes nothing. */
export async function checkDown(config: Config): Promise<DownCheck> {
  const docker = new Docker({ socketPath: config.docker.socket, timeout: DOCKER_WITHIN_MS });
  const dns = dnsAddresses(await readDockerDns(config.host.root)) ?? [];
  try {
    const info: { readonly Swarm?: { readonly ControlAvailable?: boolean } } = await docker.info();
    return judgeDown({
      resolver: config.dns.address,
      managedNetwork: config.network.name,
      dockerDns: dns,
      networks: await networksInUse(docker),
      containers: (await inspectAll(docker)).map((one) => ({ name: one.Name.replace(/^\//, ''), dns: dnsOf(one) })),
      services: info.Swarm?.ControlAvailable ? await servicesWithDns(docker) : [],
    });
  } catch (error) {
    return { blockers: [unreachable(config.docker.socket, error)], advice: [] };
  }
}

/** The networks whose addresses Drover assigns, with their containers. */
async function networksInUse(docker: Docker): Promise<readonly NetworkUse[]> {
  return Promise.all(
    (await listDriverNetworks(docker)).map(async ({ Id, Name, Labels }): Promise<NetworkUse> => {
      const { Containers }: Docker.NetworkInspectInfo = await docker.getNetwork(Id).inspect();
      const all = await docker.listContainers({ all: true, filters: { network: [Name] } });
      const running = Object.values(Containers ?? {}).map((container) => container.Name);
      const names = all.map(({ Names }) => (Names[0] ?? '').replace(/^\//, ''));
      const isOurs = Labels?.[MANAGED_LABEL] === 'true';
      return { name: Name, isOurs, running, stopped: names.filter((name) => !running.includes(name)) };
    }),
  );
}

async function servicesWithDns(docker: Docker) {
  return (await docker.listServices()).map(({ Spec }) => {
    const { ContainerSpec } = (Spec?.TaskTemplate ?? {}) as {
      ContainerSpec?: { DNSConfig?: { Nameservers?: string[] } };
    };
    return { name: Spec?.Name ?? '', dns: ContainerSpec?.DNSConfig?.Nameservers ?? [] };
  });
}

function unreachable(socket: string, error: unknown): Problem {
  const { subject, what, hint } = connectionProblem(error, socket);
  return {
    subject,
    what: `its containers and networks cannot be checked: ${what}`,
    hint: `${hint}; without Docker, \`drover down --force\` leaves the managed network and resolv.conf of the containers as they are`,
  };
}
