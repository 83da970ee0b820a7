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
import { isAboutTopLevel } from '../query/single-label.ts';
import { TYPE } from '../wire/codes.ts';
import { chooseEndpoints, containerEndpoints, familyOf, type Given, givenAddresses } from './own-endpoints.ts';
import type { ResolveContext, ResolveOptions } from './resolve-context.ts';
import { literalAddress, reverseAddress, reverseRange } from './reverse.ts';
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
  const context = { ...options, view, scope, type: question.type, recorder };
  return reverseLookup(context, name) ?? follow(context, name, []);
}

/** The aliases followed so far. */
type Chain = readonly Alias[];

/** A reverse lookup; null: the name is not a reverse name. */
function reverseLookup(context: ResolveContext, name: string): Resolution | null {
  const { view, type, metadataAddress, recorder } = context;
  const reverse = reverseAddress(name) ?? (type === TYPE.PTR ? literalAddress(name) : null);
  if (!reverse) return aboveAddresses(context, name);
  recorder?.depends(ANY_CHANGE);
  const { address, zone } = reverse;
  const found = address === metadataAddress ? metadataPointer(view) : ptrName(view, address);
  if (found.kind === 'foreign') return { kind: 'forward' };
  if (found.kind === 'nobody') return { kind: 'nxdomain', aliases: [], zone };
  return type === TYPE.PTR ? { kind: 'pointer', target: found.name } : { kind: 'nodata', aliases: [], zone };
}

/** A parent of reverse names of ours exists [RFC 8020 §2], and upstreams do not know it; null: others have addresses below it too. */
function aboveAddresses({ view, recorder }: ResolveContext, name: string): Resolution | null {
  const range = reverseRange(name);
  if (!range) return null;
  recorder?.depends(ANY_CHANGE);
  return isOurRange(view, range.first, range.last) ? { kind: 'nodata', aliases: [], zone: range.zone } : null;
}

function metadataPointer({ snapshot }: HostView): { readonly kind: 'name'; readonly name: string } {
  return { kind: 'name', name: `${METADATA_NAME}.${snapshot.environment.suffixes[0] ?? ''}` };
}

function follow(context: ResolveContext, name: string, aliases: Chain): Resolution {
  const { view, scope, search, recorder } = context;
  const { zone, meaning } = lookupName(view, scope, name, search, recorder);
  if (aliases.length > 0 && zone === '.') {
    return { kind: 'upstream-alias', aliases, target: `${name}.`, otherwise: [], ttlSeconds: null };
  }
  if (zone === '.' && isForwardedLabel(context, name, meaning)) return { kind: 'forward' };
  switch (meaning.kind) {
    case 'foreign':
      return { kind: 'forward' };
    case 'unknown':
      if (!view.snapshot.complete) return { kind: 'failure' };
      return { kind: isAboveSuffix(view, name) ? 'nodata' : 'nxdomain', aliases, zone };
    case 'cname':
      return followAlias(context, { owner: name, target: meaning.target }, aliases, meaning.services);
    case 'apex':
      return apex(context, zone, aliases);
    default:
      return recordsOf(context, meaning, aliases) ?? { kind: 'nodata', aliases, zone };
  }
}

/** Whether a name without a dot is forwarded all the same. */
function isForwardedLabel({ type, ruled }: ResolveContext, name: string, { kind }: NameMeaning): boolean {
  return isAboutTopLevel(name, type) || (kind === 'unknown' && ruled?.has(name) === true);
}

/** `internal` exists if `rancher.internal` does [RFC 8020 §2]. */
function isAboveSuffix({ snapshot }: HostView, name: string): boolean {
  return snapshot.environment.suffixes.some((suffix) => suffix.endsWith(`.${name}.`));
}

function apex({ type, metadataAddress }: ResolveContext, zone: string, aliases: readonly Alias[]): Resolution {
  if (aliases.length > 0) return { kind: 'nodata', aliases, zone };
  if (type === TYPE.SOA) return { kind: 'soa', zone };
  if (type !== TYPE.NS) return { kind: 'nodata', aliases, zone };
  return { kind: 'name-server', zone, target: `${METADATA_NAME}.${zone}`, addresses: [metadataAddress] };
}

/** If the target has no addresses, the service's own addresses are used. */
function followAlias(
  context: ResolveContext,
  names: Omit<Alias, 'ttlSeconds'>,
  before: Chain,
  services: readonly ServiceView[],
): Resolution {
  const [service] = services;
  const ttlSeconds = service ? serviceAnswers(service).ttlSeconds : null;
  const alias = { ...names, ttlSeconds };
  if (context.type === TYPE.CNAME) return { kind: 'alias', alias, ttlSeconds };
  const aliases = [...before, alias];
  if (aliases.length > MAX_ALIASES) return { kind: 'failure' };
  const end = follow(context, alias.target.slice(0, -1), aliases);
  if (familyOf(context.type) === null || end.kind === 'addresses') return end;
  const { taken, options } = chooseEndpoints(context, services, false);
  const own = givenAddresses(context, taken, options);
  if (end.kind === 'upstream-alias') {
    return end.otherwise.length > 0 ? end : { ...end, otherwise: own.addresses, ttlSeconds };
  }
  return addresses(own, before, service?.key ?? '') ?? end;
}

type WithRecords = Exclude<NameMeaning, { kind: 'foreign' | 'unknown' | 'cname' | 'apex' }>;

/** Null: no records of this type. */
function recordsOf(context: ResolveContext, meaning: WithRecords, chain: Chain): Resolution | null {
  switch (meaning.kind) {
    case 'service':
      return serviceResolution(context, meaning, chain);
    case 'container':
      return containerResolution(context, meaning, chain);
    case 'host':
      return hostResolution(context, meaning, chain);
    case 'metadata':
      return fitting(context, [context.metadataAddress], chain, '');
    case 'empty':
      return null;
  }
}

function serviceResolution(
  context: ResolveContext,
  { services, full, port }: Extract<WithRecords, { kind: 'service' }>,
  chain: Chain,
): Resolution | null {
  const { type } = context;
  if (type !== TYPE.SRV && port) return null;
  if (familyOf(type) === null && type !== TYPE.SRV && type !== TYPE.TXT) return null;
  const key = services[0]?.key ?? '';
  if (type === TYPE.TXT) return texts(services, chain);
  const { options, taken, notLocal } = chooseEndpoints(context, services, full);
  if (type !== TYPE.SRV) return addresses(givenAddresses(context, taken, options), chain, full ? `all ${key}` : key);
  const records = serviceRecords(context, taken, notLocal, port);
  return records.services.length === 0 ? null : srv(records, options.ttlSeconds, chain, key);
}

function containerResolution(
  context: ResolveContext,
  meaning: Extract<WithRecords, { kind: 'container' }>,
  chain: Chain,
): Resolution | null {
  const { name, port, network } = meaning;
  const endpoints = containerEndpoints(context, meaning);
  const turn = `container ${name.toLowerCase()}${network === undefined ? '' : ` ${network}`}`;
  if (context.type === TYPE.SRV) {
    const records = serviceRecords(context, endpoints, [], port);
    return records.services.length === 0 ? null : srv(records, null, chain, turn);
  }
  return port ? null : addresses(givenAddresses(context, endpoints), chain, turn);
}

function hostResolution(
  context: ResolveContext,
  { name, hosts }: Extract<WithRecords, { kind: 'host' }>,
  chain: Chain,
): Resolution | null {
  for (const id of hosts) context.recorder?.depends(hostKey(id));
  const known = hosts.flatMap((id) => context.view.snapshot.hosts.get(id)?.host?.address ?? []);
  return fitting(context, known, chain, `host ${name}`);
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

function fitting({ type }: ResolveContext, all: readonly string[], chain: Chain, turn: string): Resolution | null {
  const family = familyOf(type);
  const found = [...new Set(all.filter((address) => isIP(address) === family))];
  return addresses({ addresses: found, give: 'all', weights: null, ttlSeconds: null }, chain, turn);
}

function addresses(given: Given, aliases: Chain, turn: string): Resolution | null {
  return given.addresses.length === 0 ? null : { kind: 'addresses', aliases, turn, ...given };
}
