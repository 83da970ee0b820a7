import { isIP } from 'node:net';
import {
  ANY_CHANGE,
  type DependencyRecorder,
  type HostView,
  hostKey,
  isOurRange,
  lookupName,
  METADATA_NAME,
  type NameMeaning,
  ptrName,
  type Scope,
  type ServiceView,
  serviceAnswers,
} from '../../view/index.ts';
import type { Question } from '../query/question.ts';
import type { Alias, Resolution } from '../query/resolution.ts';
import { TYPE } from '../wire/codes.ts';
import type { Asking, ResolveOptions } from './asking.ts';
import { chooseEndpoints, containerEndpoints, familyOf, type Given, givenAddresses } from './own-endpoints.ts';
import { reverseAddress, reverseRange } from './reverse.ts';
import { serviceRecords } from './service-records.ts';

const MAX_ALIASES = 10;

/** Resolves a question. All answers from the state of this host come from here. */
export function resolve(
  view: HostView,
  scope: Scope,
  question: Question,
  options: ResolveOptions,
  recorder?: DependencyRecorder,
): Resolution {
  const name = question.name.toLowerCase();
  const asking = { ...options, view, scope, type: question.type, recorder };
  return reverseLookup(asking, name) ?? follow(asking, name, []);
}

/** The aliases followed so far. */
type Chain = readonly Alias[];

/** A reverse lookup; null: the name is not a reverse name. */
function reverseLookup(asking: Asking, name: string): Resolution | null {
  const { view, type, metadataAddress, recorder } = asking;
  const reverse = reverseAddress(name);
  if (!reverse) return aboveAddresses(asking, name);
  recorder?.depends(ANY_CHANGE);
  const { address, zone } = reverse;
  const found = address === metadataAddress ? metadataPointer(view) : ptrName(view, address);
  if (found.kind === 'foreign') return { kind: 'forward' };
  if (found.kind === 'nobody') return { kind: 'nxdomain', aliases: [], zone };
  return type === TYPE.PTR ? { kind: 'pointer', target: found.name } : { kind: 'nodata', aliases: [], zone };
}

/** A parent of reverse names of ours exists [RFC 8020 §2], and upstreams do not know it; null: it has other children too. */
function aboveAddresses({ view, recorder }: Asking, name: string): Resolution | null {
  const range = reverseRange(name);
  if (!range) return null;
  recorder?.depends(ANY_CHANGE);
  return isOurRange(view, range.first, range.last) ? { kind: 'nodata', aliases: [], zone: range.zone } : null;
}

function metadataPointer({ snapshot }: HostView): { readonly kind: 'name'; readonly name: string } {
  return { kind: 'name', name: `${METADATA_NAME}.${snapshot.environment.suffixes[0] ?? ''}` };
}

function follow(asking: Asking, name: string, aliases: Chain): Resolution {
  const { view, scope, search, recorder } = asking;
  const { zone, meaning } = lookupName(view, scope, name, search, recorder);
  if (aliases.length > 0 && zone === '.') {
    return { kind: 'upstream-alias', aliases, target: `${name}.`, otherwise: [], ttlSeconds: null };
  }
  switch (meaning.kind) {
    case 'foreign':
      return { kind: 'forward' };
    case 'unknown':
      return view.snapshot.complete ? { kind: 'nxdomain', aliases, zone } : { kind: 'failure' };
    case 'cname':
      return followAlias(asking, { owner: name, target: meaning.target }, aliases, meaning.services);
    case 'apex':
      return apex(asking, zone, aliases);
    default:
      return recordsOf(asking, meaning, aliases) ?? { kind: 'nodata', aliases, zone };
  }
}

function apex({ type, metadataAddress }: Asking, zone: string, aliases: readonly Alias[]): Resolution {
  if (aliases.length > 0) return { kind: 'nodata', aliases, zone };
  if (type === TYPE.SOA) return { kind: 'soa', zone };
  if (type !== TYPE.NS) return { kind: 'nodata', aliases, zone };
  return { kind: 'name-server', zone, target: `${METADATA_NAME}.${zone}`, addresses: [metadataAddress] };
}

/** If the target has no addresses, the service's own addresses are used. */
function followAlias(
  asking: Asking,
  names: Omit<Alias, 'ttlSeconds'>,
  before: Chain,
  services: readonly ServiceView[],
): Resolution {
  const [service] = services;
  const ttlSeconds = service ? serviceAnswers(service).ttlSeconds : null;
  const alias = { ...names, ttlSeconds };
  if (asking.type === TYPE.CNAME) return { kind: 'alias', alias, ttlSeconds };
  const aliases = [...before, alias];
  if (aliases.length > MAX_ALIASES) return { kind: 'failure' };
  const end = follow(asking, alias.target.slice(0, -1), aliases);
  if (familyOf(asking.type) === null || end.kind === 'addresses') return end;
  const { taken, options } = chooseEndpoints(asking, services, false);
  const own = givenAddresses(asking, taken, options);
  if (end.kind === 'upstream-alias') {
    return end.otherwise.length > 0 ? end : { ...end, otherwise: own.addresses, ttlSeconds };
  }
  return addresses(own, before, service?.key ?? '') ?? end;
}

type WithRecords = Exclude<NameMeaning, { kind: 'foreign' | 'unknown' | 'cname' | 'apex' }>;

/** Null: no records of this type. */
function recordsOf(asking: Asking, meaning: WithRecords, chain: Chain): Resolution | null {
  switch (meaning.kind) {
    case 'service':
      return serviceResolution(asking, meaning, chain);
    case 'container':
      return containerResolution(asking, meaning, chain);
    case 'host':
      return hostResolution(asking, meaning, chain);
    case 'metadata':
      return fitting(asking, [asking.metadataAddress], chain, '');
    case 'empty':
      return null;
  }
}

function serviceResolution(
  asking: Asking,
  { services, full, port }: Extract<WithRecords, { kind: 'service' }>,
  chain: Chain,
): Resolution | null {
  const { type } = asking;
  if (type !== TYPE.SRV && port) return null;
  if (familyOf(type) === null && type !== TYPE.SRV && type !== TYPE.TXT) return null;
  const key = services[0]?.key ?? '';
  if (type === TYPE.TXT) return texts(services, chain);
  const { options, taken, notLocal } = chooseEndpoints(asking, services, full);
  if (type !== TYPE.SRV) return addresses(givenAddresses(asking, taken, options), chain, full ? `all ${key}` : key);
  const records = serviceRecords(asking, taken, notLocal, port);
  return records.services.length === 0 ? null : srv(records, options.ttlSeconds, chain, key);
}

function containerResolution(
  asking: Asking,
  { name, containers, port }: Extract<WithRecords, { kind: 'container' }>,
  chain: Chain,
): Resolution | null {
  const endpoints = containerEndpoints(asking, containers);
  const turn = `container ${name.toLowerCase()}`;
  if (asking.type === TYPE.SRV) {
    const records = serviceRecords(asking, endpoints, [], port);
    return records.services.length === 0 ? null : srv(records, null, chain, turn);
  }
  return port ? null : addresses(givenAddresses(asking, endpoints), chain, turn);
}

function hostResolution(
  asking: Asking,
  { name, hosts }: Extract<WithRecords, { kind: 'host' }>,
  chain: Chain,
): Resolution | null {
  for (const id of hosts) asking.recorder?.depends(hostKey(id));
  const known = hosts.flatMap((id) => asking.view.snapshot.hosts.get(id)?.host?.address ?? []);
  return fitting(asking, known, chain, `host ${name}`);
}

function texts(services: readonly ServiceView[], aliases: Chain): Resolution | null {
  const options = services.map(serviceAnswers);
  const all = [...new Set(options.flatMap((one) => one.texts))];
  if (all.length === 0) return null;
  return { kind: 'texts', aliases, texts: all, ttlSeconds: options[0]?.ttlSeconds ?? null };
}

function srv(records: ReturnType<typeof serviceRecords>, ttlSeconds: number | null, aliases: Chain, turn: string) {
  return { kind: 'services', aliases, ...records, ttlSeconds, turn: `srv ${turn}` } as const;
}

function fitting({ type }: Asking, all: readonly string[], chain: Chain, turn: string): Resolution | null {
  const family = familyOf(type);
  const found = [...new Set(all.filter((address) => isIP(address) === family))];
  return addresses({ addresses: found, give: 'all', weights: null, ttlSeconds: null }, chain, turn);
}

function addresses(given: Given, aliases: Chain, turn: string): Resolution | null {
  return given.addresses.length === 0 ? null : { kind: 'addresses', aliases, turn, ...given };
}
