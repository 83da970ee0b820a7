import type { HealthState } from './health-check/health.ts';

/**
 * The state of a container.
 * `starting`: created and attached to its networks, first process not yet seen running; it has its addresses already.
 * `stopping`: it was sent its stop signal; it is listed and gets no new traffic.
 */
export type ContainerState = 'created' | 'starting' | 'running' | 'paused' | 'restarting' | 'stopping' | 'stopped';

/** `network_mode` without names: decides on addresses and identity. */
export type NetworkMode = 'bridge' | 'host' | 'none' | 'container';

/** One address of a container on one network. */
export interface ContainerAddress {
  /** Docker's network id, as in `Network.id` of the same host. */
  readonly networkId: string;
  readonly networkName: string;
  /** IPv4 text, null if the network gives none. */
  readonly ipv4: string | null;
  /** IPv6 text in canonical form, null if the network gives none. */
  readonly ipv6: string | null;
  readonly mac: string | null;
  /** The container's aliases on this network, without its name and its short id; undefined: `usualAliases`. */
  readonly aliases?: readonly string[] | undefined;
}

/** A port published on the host. `hostAddress` is what Docker binds: `0.0.0.0`, `::` or one address. */
export interface PublishedPort {
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

/** A port that a container listens on, published or not. */
export interface ContainerPort {
  readonly port: number;
  readonly protocol: PublishedPort['protocol'];
}

/** How the last process of a container ended. */
export interface ContainerExit {
  /** Exit status as Docker reports it: 137 is SIGKILL. */
  readonly code: number;
  readonly atMs: number;
}

/** A container on one host, running or stopped. */
export interface Container {
  /** Docker's id, 64 hexadecimal digits. */
  readonly id: string;
  /** Label `io.rancher.container.uuid`, else a UUID derived from `id`. */
  readonly uuid: string;
  readonly hostId: string;
  /** Name without the slash, as Docker has it (case kept). */
  readonly name: string;
  readonly hostname: string | null;
  readonly image: string;
  /** Null for a standalone container. Case kept. */
  readonly stack: string | null;
  /** The service this container belongs to: for a sidekick the sidekick's own name. Null for a standalone container. */
  readonly service: string | null;
  /** The primary service of the unit: equal to `service` unless this is a sidekick. Null for a standalone container. */
  readonly primaryService: string | null;
  /** Number within the service (`com.docker.compose.container-number`, last part of Rancher's name), null if unknown. */
  readonly serviceIndex: number | null;
  readonly state: ContainerState;
  /** Docker's own health check: what Docker reports. Whether the container is ready is decided in `view/` alone. */
  readonly health: HealthState | null;
  /** Docker's own result where the verdict of the votes takes its place in `health`; undefined: `health` is Docker's. Not in facts. */
  readonly ofDocker?: HealthState | null | undefined;
  /**
   * Docker has reported the container as running, with its health check passed or without one, since its last start. An
   * observation with the name that it has on the bus; `view/` decides what follows from it.
   */
  readonly wasReady: boolean;
  readonly networkMode: NetworkMode;
  /** Id of the container whose network namespace it shares (`network_mode: container:...`). */
  readonly networkFrom: string | null;
  /** Sorted by network name, then id. */
  readonly addresses: readonly ContainerAddress[];
  /** The operator's choice (`drover.network`): name of the network whose address is used, null for the default order. */
  readonly preferredNetwork: string | null;
  readonly ports: readonly PublishedPort[];
  /** Ports declared by its image or `--expose`, published or not; sorted. */
  readonly exposed: readonly ContainerPort[];
  readonly labels: Readonly<Record<string, string>>;
  /** Name in this container -> id of the linked container (`docker run --link`). */
  readonly links: Readonly<Record<string, string>>;
  /** `--dns` of this container, without Drover's own address. */
  readonly dns: readonly string[];
  /** `--dns-search` of this container. */
  readonly dnsSearch: readonly string[];
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  /** Null unless the container is stopped or restarting. */
  readonly exit: ContainerExit | null;
  readonly startCount: number;
  readonly memoryReservation: number | null;
  readonly milliCpuReservation: number | null;
  /** Part of the infrastructure (`io.rancher.container.system`). */
  readonly system: boolean;
}
