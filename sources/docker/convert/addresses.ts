import { isIPv4, isIPv6 } from 'node:net';
import {
  type Container,
  type ContainerAddress,
  compareText,
  DEFAULT_BRIDGE,
  ownAliases,
  usualAliases,
} from '../../../model/index.ts';
import type { Inspect } from '../engine/schema.ts';

/** One address as the model has it; a prefix length (`172.18.0.2/16`) is cut off. */
export function addressOf(
  networkId: string,
  networkName: string,
  raw: {
    readonly ipv4: string | null | undefined;
    readonly ipv6: string | null | undefined;
    readonly mac: string | null | undefined;
  },
): ContainerAddress {
  const ipv4 = raw.ipv4?.split('/')[0] ?? '';
  const ipv6 = raw.ipv6?.split('/')[0]?.toLowerCase() ?? '';
  return {
    networkId,
    networkName,
    ipv4: isIPv4(ipv4) ? ipv4 : null,
    ipv6: isIPv6(ipv6) ? ipv6 : null,
    mac: raw.mac || null,
  };
}

/** The addresses of an active container. Docker lists the networks `host` and `none`, too, without an address. */
export function addressesOf(networks: Inspect['NetworkSettings']['Networks']): readonly ContainerAddress[] {
  const addresses = Object.entries(networks).map(([name, attachment]) =>
    addressOf(attachment.NetworkID ?? '', name, {
      ipv4: attachment.IPAddress,
      ipv6: attachment.GlobalIPv6Address,
      mac: attachment.MacAddress,
    }),
  );
  return sortAddresses(addresses);
}

/** Network name -> the aliases of a container, where they differ from the usual ones. Pure. */
export type UnusualAliases = ReadonlyMap<string, readonly string[]>;

export function unusualAliases(
  container: Pick<Container, 'id' | 'name' | 'hostname' | 'stack' | 'service' | 'serviceIndex'>,
  networks: Inspect['NetworkSettings']['Networks'],
  active: boolean,
): UnusualAliases {
  const usual = usualAliases(container);
  // Docker adds the host name when it starts the container.
  const added = active || container.hostname === null ? [] : [container.hostname];
  const all = Object.entries(networks).map(([name, { Aliases, DNSNames }]) => {
    // On every network but the default bridge, the short id is among them.
    const given = [...Aliases, ...DNSNames].filter((alias) => alias !== '');
    return [name, given.length === 0 ? usual : ownAliases(container, [...given, ...added])] as const;
  });
  return new Map(all.filter(([name, own]) => name !== DEFAULT_BRIDGE && !isSameSet(own, usual)));
}

/** The address with the aliases on its network. */
export function withAliases(address: ContainerAddress, unusual: UnusualAliases): ContainerAddress {
  const aliases = unusual.get(address.networkName);
  return aliases === undefined ? address : { ...address, aliases };
}

function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

/** In the order of the model, without entries that have no address. */
export function sortAddresses(addresses: readonly ContainerAddress[]): readonly ContainerAddress[] {
  return addresses
    .filter(({ ipv4, ipv6 }) => ipv4 !== null || ipv6 !== null)
    .toSorted((a, b) => compareText(a.networkName, b.networkName) || compareText(a.networkId, b.networkId));
}
