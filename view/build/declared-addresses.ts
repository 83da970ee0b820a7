import {
  type Cidr,
  canonicalAddress,
  cidrContains,
  compareText,
  type HostState,
  parseAddress,
  parseCidr,
  type ServiceDeclaration,
  type ShardedMap,
} from '../../model/index.ts';
import type { AddressNode } from '../host-view/view-index.ts';
import type { Changes } from './changes.ts';

const NOBODY: AddressNode = { hosts: [], services: [] };

/** Updates the addresses of hosts, and the addresses that declarations give to services. */
export function declaredAddresses(
  before: ShardedMap<AddressNode>,
  { hosts, declarations }: Changes,
): ShardedMap<AddressNode> {
  const edit = before.edit();
  const change = (address: string, part: keyof AddressNode, who: string, has: boolean): void => {
    edit.update(address, (node = NOBODY) => {
      const others = node[part].filter((other) => other !== who);
      const after = { ...node, [part]: has ? [...others, who].sort(compareText) : others };
      return after.hosts.length + after.services.length > 0 ? after : undefined;
    });
  };
  for (const { before: old, after } of hosts) {
    if (old?.host?.address === after?.host?.address) continue;
    for (const [id, address] of hostAddress(old)) change(address, 'hosts', id, false);
    for (const [id, address] of hostAddress(after)) change(address, 'hosts', id, true);
  }
  for (const { before: old, after } of declarations) {
    for (const address of addressesOf(old)) change(address, 'services', keyOf(old), false);
    for (const address of addressesOf(after)) change(address, 'services', keyOf(after), true);
  }
  return edit.result();
}

function hostAddress(state: HostState | null): readonly (readonly [string, string])[] {
  const address = canonicalAddress(state?.host?.address ?? '');
  return state?.host && address !== null ? [[state.host.id, address]] : [];
}

/** Virtual addresses, and private external addresses. The owner of a public address publishes its reverse name. */
function addressesOf(declaration: ServiceDeclaration | null): readonly string[] {
  if (!declaration) return [];
  const { kind, vip, externalIps } = declaration;
  const given = kind === 'externalService' ? externalIps.filter(isPrivate) : vip === null ? [] : [vip];
  return [...new Set(given.flatMap((text) => canonicalAddress(text) ?? []))];
}

function keyOf(declaration: ServiceDeclaration | null): string {
  return `${declaration?.stack}/${declaration?.name}`.toLowerCase();
}

/** [RFC 1918 §3, RFC 6598 §7, RFC 4193 §3.1] */
const PRIVATE: readonly Cidr[] = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'].flatMap(
  (text) => {
    const parsed = parseCidr(text);
    return parsed.ok ? [parsed.value] : [];
  },
);

function isPrivate(text: string): boolean {
  const address = parseAddress(text);
  return address.ok && PRIVATE.some((range) => cidrContains(range, address.value));
}
