import { isIP } from 'node:net';
import type { Container } from '../../model/index.ts';
import {
  containerAddress,
  endpointsOf,
  type HostView,
  lookupName,
  type NameMeaning,
  ptrName,
  READINESS,
  type Scope,
  type ServiceView,
  standingOf,
} from '../../view/index.ts';
import { TYPE } from '../wire/codes.ts';
import type { Alias, Resolution } from './resolution.ts';
import { reverseAddress } from './reverse.ts';

export type { Alias, Resolution } from './resolution.ts';

export interface Question {
  /** Without trailing dot, any case. */
  readonly name: string;
  readonly type: number;
}

const MAX_ALIASES = 10;

const ALIKE = { give: 'all', weights: null, ttlSeconds: null } as const;

/** The one place where a question becomes an answer. */
export function resolve(view: HostView, scope: Scope, question: Question, metadataAddress: string): Resolution {
  const reverse = reverseAddress(question.name.toLowerCase());
  if (reverse) {
    const name = reverse.address === metadataAddress ? metadataPointer(view) : ptrName(view, reverse.address);
    if (name.kind === 'foreign') return { kind: 'forward' };
    if (name.kind === 'nobody') return { kind: 'nxdomain', aliases: [], zone: reverse.zone };
    return question.type === TYPE.PTR
      ? { kind: 'pointer', target: name.name }
      : { kind: 'nodata', aliases: [], zone: reverse.zone };
  }
  return follow({ view, scope, type: question.type, metadataAddress }, question.name.toLowerCase(), []);
}

interface Asking {
  readonly view: HostView;
  readonly scope: Scope;
  readonly type: number;
  readonly metadataAddress: string;
}

function metadataPointer(view: HostView): { readonly kind: 'name'; readonly name: string } {
  return { kind: 'name', name: `rancher-metadata.${view.snapshot.environment.suffixes[0] ?? ''}` };
}

function follow(asking: Asking, name: string, aliases: readonly Alias[]): Resolution {
  const { zone, meaning } = lookupName(asking.view, asking.scope, name);
  if (aliases.length > 0 && zone === '.') {
    return { kind: 'upstream-alias', aliases, target: `${name}.`, otherwise: [], ttlSeconds: null };
  }
  switch (meaning.kind) {
    case 'foreign':
      return { kind: 'forward' };
    case 'unknown':
      return asking.view.snapshot.complete ? { kind: 'nxdomain', aliases, zone } : { kind: 'failure' };
    case 'cname':
      return followAlias(asking, { owner: name, target: meaning.target }, aliases, meaning.services);
    case 'apex':
      return asking.type === TYPE.SOA ? { kind: 'soa', zone } : { kind: 'nodata', aliases, zone };
    default:
      return ofType(asking, { turn: turnOf(meaning), zone }, aliases, addressesOf(asking, meaning));
  }
}

function followAlias(
  asking: Asking,
  alias: Alias,
  before: readonly Alias[],
  services: readonly ServiceView[],
): Resolution {
  if (asking.type === TYPE.CNAME) return { kind: 'alias', alias, ttlSeconds: null };
  const aliases = [...before, alias];
  if (aliases.length > MAX_ALIASES) return { kind: 'failure' };
  const end = follow(asking, alias.target.slice(0, -1), aliases);
  const own = ofFamily(asking.type, serviceAddresses(asking, services));
  if (end.kind === 'upstream-alias') return { ...end, otherwise: end.otherwise.length > 0 ? end.otherwise : own };
  if (end.kind === 'addresses' || own.length === 0) return end;
  return { kind: 'addresses', aliases: before, addresses: own, turn: services[0]?.key ?? '', ...ALIKE };
}

function ofType(
  asking: Asking,
  { turn, zone }: { readonly turn: string; readonly zone: string },
  aliases: readonly Alias[],
  addresses: readonly string[],
): Resolution {
  const fitting = ofFamily(asking.type, addresses);
  return fitting.length > 0
    ? { kind: 'addresses', aliases, addresses: fitting, turn, ...ALIKE }
    : { kind: 'nodata', aliases, zone };
}

function ofFamily(type: number, addresses: readonly string[]): readonly string[] {
  const family = type === TYPE.A ? 4 : type === TYPE.AAAA ? 6 : null;
  return [...new Set(addresses.filter((address) => isIP(address) === family))];
}

function addressesOf(asking: Asking, meaning: NameMeaning): readonly string[] {
  switch (meaning.kind) {
    case 'service':
      return serviceAddresses(asking, meaning.services);
    case 'container':
      return meaning.containers.flatMap((container) => containerAddresses(asking, container));
    case 'metadata':
      return [asking.metadataAddress];
    default:
      return [];
  }
}

function serviceAddresses({ view, scope }: Asking, services: readonly ServiceView[]): readonly string[] {
  const answers = services.flatMap((service) => endpointsOf(view, service, 'dns', scope.container).answer);
  return answers.map(({ address }) => address);
}

function containerAddresses({ view, scope }: Asking, container: Container): readonly string[] {
  if (READINESS[standingOf(container, false)].name !== 'use') return [];
  const reach = containerAddress(view, container, scope.container);
  return reach.ok ? [reach.address] : [];
}

function turnOf(meaning: NameMeaning): string {
  if (meaning.kind === 'service') return meaning.services[0]?.key ?? '';
  return meaning.kind === 'container' ? `container ${meaning.name.toLowerCase()}` : '';
}
