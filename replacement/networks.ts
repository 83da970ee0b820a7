import type Docker from 'dockerode';
import { shortId } from '../model/index.ts';

type Inspect = Pick<Docker.ContainerInspectInfo, 'Id' | 'Config' | 'HostConfig' | 'NetworkSettings'>;
/** What a user gave for one network; without what Docker assigned. */
type Endpoint = Docker.EndpointSettings & { readonly GwPriority?: number };

export interface NetworkConnection {
  readonly name: string;
  readonly id: string;
  readonly endpoint: Endpoint;
}

export interface ContainerNetworks {
  /** The network that Docker connects at the creation; null: none, or `host`, `none`, `container:...`. */
  readonly first: NetworkConnection | null;
  /** Docker connects a new container to the network of its network mode. This container was disconnected from it. */
  readonly left: string | null;
  readonly others: readonly NetworkConnection[];
}

/** Networks of these modes are not connected or disconnected. */
const WITHOUT_ENDPOINT = /^(host|none|container:.*)$/;

/** The networks of a container with what the user gave for each: fixed addresses, aliases, links, driver options. Pure. */
export function networksOf(inspect: Inspect): ContainerNetworks {
  const mode = inspect.HostConfig.NetworkMode ?? 'default';
  const { NetworkDisabled: isDisabled } = inspect.Config as { readonly NetworkDisabled?: boolean };
  if (WITHOUT_ENDPOINT.test(mode) || isDisabled) return { first: null, left: null, others: [] };
  const connections = Object.entries(inspect.NetworkSettings.Networks)
    .filter(([name]) => name !== 'none')
    .map(([name, settings]) => ({ name, id: settings.NetworkID || name, endpoint: endpointOf(settings, inspect.Id) }));
  const isFirst = ({ name, id }: NetworkConnection) => [mode, nameOfMode(mode)].includes(name) || id === mode;
  const first = connections.find(isFirst) ?? null;
  return {
    first,
    left: first ? null : nameOfMode(mode),
    others: connections.filter((connection) => connection !== first),
  };
}

/** Name or id of the network that Docker connects for a network mode. */
function nameOfMode(mode: string): string {
  return mode === 'default' || mode === '' ? 'bridge' : mode;
}

/** Engines before 26 list the short id of the container among its aliases. */
function endpointOf(
  settings: Docker.ContainerInspectInfo['NetworkSettings']['Networks'][string] & Endpoint,
  containerId: string,
): Endpoint {
  const { IPAMConfig, Links, Aliases, DriverOpts, GwPriority } = settings;
  const aliases =
    (Aliases as readonly string[] | null)?.filter((alias) => alias !== shortId({ id: containerId })) ?? [];
  return {
    ...(IPAMConfig ? { IPAMConfig } : {}),
    ...(Links?.length > 0 ? { Links } : {}),
    ...(aliases.length > 0 ? { Aliases: aliases } : {}),
    ...(DriverOpts ? { DriverOpts } : {}),
    ...(GwPriority ? { GwPriority } : {}),
  };
}
