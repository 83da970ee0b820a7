import type { Problem } from '../../model/index.ts';

/** A Docker network whose addresses Drover assigns. */
export interface NetworkUse {
  readonly name: string;
  /** Whether Drover made it; else a user did, with the IPAM driver of Drover. */
  readonly isOurs: boolean;
  /** Names of containers. */
  readonly running: readonly string[];
  readonly stopped: readonly string[];
}

export interface SwarmService {
  readonly name: string;
  /** Of its tasks (`--dns`). */
  readonly dns: readonly string[];
}

export interface DownFacts {
  /** Drover's address. */
  readonly resolver: string;
  readonly managedNetwork: string;
  /** Docker's `dns` setting. */
  readonly dockerDns: readonly string[];
  readonly networks: readonly NetworkUse[];
  /** `dns` is the container's own setting (`--dns`). */
  readonly containers: readonly { readonly name: string; readonly dns: readonly string[] }[];
  /** Empty if this host is not a manager. */
  readonly services: readonly SwarmService[];
}

export interface DownCheck {
  /** What has to be removed first, in this order. */
  readonly blockers: readonly Problem[];
  /** What will not work without Drover, and has to be changed. */
  readonly advice: readonly Problem[];
}

/** Pure. */
export function judgeDown({
  resolver,
  managedNetwork,
  dockerDns,
  networks,
  containers,
  services,
}: DownFacts): DownCheck {
  const inUse = networks.filter(({ running }) => running.length > 0);
  const foreign = networks.filter(({ isOurs }) => !isOurs);
  const withDns = containers.filter(({ dns }) => dns.includes(resolver)).map(({ name }) => name);
  const servicesWithDns = services.filter(({ dns }) => dns.includes(resolver)).map(({ name }) => name);
  const stopped = networks.filter(({ isOurs }) => isOurs).flatMap((network) => network.stopped);
  return {
    blockers: [
      ...inUse.map(usedNetwork),
      ...foreign.map(foreignNetwork),
      ...servicesWithDns.map(serviceWithDns(resolver)),
    ],
    advice: [
      ...(dockerDns.includes(resolver) ? [dnsSetting(resolver, dockerDns)] : []),
      ...(withDns.length > 0 ? [ownDns(resolver, withDns)] : []),
      ...(stopped.length > 0 ? [cannotStart(managedNetwork, stopped)] : []),
    ],
  };
}

function usedNetwork({ name, running }: NetworkUse): Problem {
  return {
    subject: `network ${name}`,
    what: `is used by ${running.join(', ')}`,
    hint: `remove these containers (\`docker compose down\`, \`docker rm -f\`), or disconnect each: \`docker network disconnect ${name} NAME\``,
  };
}

function foreignNetwork({ name }: NetworkUse): Problem {
  return {
    subject: `network ${name}`,
    what: 'has addresses that Drover assigns, and Drover did not create it: without Drover its containers do not start',
    hint: `remove it: \`docker network rm ${name}\``,
  };
}

const serviceWithDns =
  (resolver: string) =>
  (name: string): Problem => ({
    subject: `Swarm service ${name}`,
    what: `starts its tasks with the resolver ${resolver}`,
    hint: `change it: \`docker service update --dns-rm ${resolver} ${name}\``,
  });

function dnsSetting(resolver: string, dockerDns: readonly string[]): Problem {
  const others = dockerDns.filter((address) => address !== resolver);
  const rest = others.length > 0 ? `keep ${others.join(', ')}` : 'or list the resolvers of this host';
  return {
    subject: "Docker's dns setting",
    what: `lists ${resolver}: containers that start after this have no working resolver, and names of the outside are slow in those that keep running on their own networks`,
    hint: `remove ${resolver} from "dns" in /etc/docker/daemon.json and from the options of dockerd (${rest}), restart Docker, then restart the containers`,
  };
}

function ownDns(resolver: string, names: readonly string[]): Problem {
  return {
    subject: `containers ${names.join(', ')}`,
    what: `have the resolver ${resolver} in their settings, and no other one when they start again`,
    hint: `remove \`dns: ${resolver}\` from their Compose files (or \`--dns\`), and create them again`,
  };
}

function cannotStart(network: string, names: readonly string[]): Problem {
  return {
    subject: `containers ${names.join(', ')}`,
    what: `are stopped, and belong to the network ${network}: they cannot start without it`,
    hint: 'remove them, or connect them to another network and create them again',
  };
}
