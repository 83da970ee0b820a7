import type { TunnelTraffic } from '../../backend/backend.ts';
import { sectionOf, sectionsOf, textOf, type ViciMessage } from '../vici/message.ts';
import { hostIdOf } from './connection.ts';

/** An IKE_SA with its CHILD_SAs, as charon lists them. */
export interface IkeSa {
  readonly hostId: string;
  /** charon's number of it; grows. */
  readonly id: number;
  readonly state: string;
  readonly isInitiator: boolean;
  /** Since it is established; 0 before. */
  readonly ageSeconds: number;
  readonly remoteAddress: string;
  readonly children: readonly ChildSa[];
}

export interface ChildSa {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  /** Since its keys were agreed. */
  readonly ageSeconds: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** The SAs of our connections from the events `list-sa`. Pure. */
export function parseSas(events: readonly ViciMessage[]): readonly IkeSa[] {
  return events.flatMap(sectionsOf).flatMap(([name, sa]) => {
    const hostId = hostIdOf(name);
    return hostId === null ? [] : [parseSa(hostId, sa)];
  });
}

function parseSa(hostId: string, sa: ViciMessage): IkeSa {
  return {
    hostId,
    id: numberOf(sa, 'uniqueid'),
    state: textOf(sa, 'state') ?? '',
    isInitiator: textOf(sa, 'initiator') === 'yes',
    ageSeconds: numberOf(sa, 'established'),
    remoteAddress: textOf(sa, 'remote-host') ?? '',
    children: sectionsOf(sectionOf(sa, 'child-sas')).map(([, child]) => ({
      id: numberOf(child, 'uniqueid'),
      name: textOf(child, 'name') ?? '',
      state: textOf(child, 'state') ?? '',
      ageSeconds: numberOf(child, 'install-time'),
      receivedBytes: numberOf(child, 'bytes-in'),
      sentBytes: numberOf(child, 'bytes-out'),
    })),
  };
}

function numberOf(message: ViciMessage, name: string): number {
  return Number(textOf(message, name) ?? 0) || 0;
}

/** The name of the CHILD_SA of each of our connections, by host id, from the events `list-conn`. Pure. */
export function parseConnections(events: readonly ViciMessage[]): ReadonlyMap<string, string> {
  return new Map(
    events.flatMap(sectionsOf).flatMap(([name, connection]) => {
      const hostId = hostIdOf(name);
      const child = Object.keys(sectionOf(connection, 'children'))[0] ?? '';
      return hostId === null ? [] : [[hostId, child] as const];
    }),
  );
}

/** What the tunnels have carried since their keys were agreed, by host id. Pure. */
export function trafficOf(sas: readonly IkeSa[]): ReadonlyMap<string, TunnelTraffic> {
  const byPeer = Map.groupBy(sas, ({ hostId }) => hostId);
  return new Map(
    [...byPeer].flatMap(([hostId, own]) => {
      const children = own.flatMap((sa) => sa.children);
      if (children.length === 0) return [];
      const sum = (of: (child: ChildSa) => number) => children.reduce((total, child) => total + of(child), 0);
      const traffic: TunnelTraffic = {
        receivedBytes: sum(({ receivedBytes }) => receivedBytes),
        sentBytes: sum(({ sentBytes }) => sentBytes),
        keyAgeSeconds: Math.min(...children.map(({ ageSeconds }) => ageSeconds)),
      };
      return [[hostId, traffic] as const];
    }),
  );
}
