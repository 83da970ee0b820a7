import { isIP } from 'node:net';
import type { Alias, Resolution, TargetAddress } from '../query/resolution.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import type { Query } from '../wire/read/query.ts';
import {
  addressRecord,
  type DnsRecord,
  domainRecord,
  nameServerRecord,
  type Reply,
  serviceRecord,
  soaRecord,
  textRecord,
} from '../wire/write/encode.ts';

/** The parts of a query that rendering needs. */
export type Asked = Pick<Query, 'name' | 'type'>;

/** A resolution that needs no upstream. */
export type OwnResolution = Exclude<Resolution, { kind: 'forward' | 'failure' | 'upstream-alias' }>;

export interface Rendering {
  /** Primary name server and serial of the SOA. */
  readonly primary: string;
  readonly serial: number;
  readonly ttlSeconds: number;
}

/** The records of a reply; addresses in the order of the resolution. */
export function renderReply(query: Asked, resolution: OwnResolution, rendering: Rendering): Reply {
  const ttlSeconds = ('ttlSeconds' in resolution ? resolution.ttlSeconds : null) ?? rendering.ttlSeconds;
  switch (resolution.kind) {
    case 'addresses':
      return found([
        ...renderAliases(query, resolution.aliases, rendering.ttlSeconds),
        ...renderAddresses(query, resolution, ttlSeconds),
      ]);
    case 'alias':
      return found([domainRecord(query.name, TYPE.CNAME, ttlSeconds, resolution.alias.target)]);
    case 'pointer':
      return found([domainRecord(query.name, TYPE.PTR, ttlSeconds, resolution.target)]);
    case 'services':
      return renderServices(query, resolution, { ttlSeconds, aliasTtlSeconds: rendering.ttlSeconds });
    case 'texts':
      return found([
        ...renderAliases(query, resolution.aliases, rendering.ttlSeconds),
        ...resolution.texts.map((text) => textRecord(ownerOf(query, resolution.aliases), ttlSeconds, text)),
      ]);
    case 'soa':
      return found([renderSoa(resolution.zone, rendering)]);
    case 'name-server':
      return {
        ...found([nameServerRecord(query.name, ttlSeconds, resolution.target)]),
        additionals: resolution.addresses.map((address) =>
          hostRecord({ name: resolution.target, address }, ttlSeconds),
        ),
      };
    case 'nodata':
      return missing(RCODE.NOERROR, query, resolution, rendering);
    case 'nxdomain':
      return missing(RCODE.NXDOMAIN, query, resolution, rendering);
  }
}

/** The addresses of the name at the end of the alias chain. */
export function renderAddresses(
  query: Asked,
  { aliases, addresses }: { readonly aliases: readonly Alias[]; readonly addresses: readonly string[] },
  ttlSeconds: number,
): readonly DnsRecord[] {
  const owner = ownerOf(query, aliases);
  return addresses.map((address) => addressRecord(owner, query.type, ttlSeconds, address));
}

/** The owner of the first alias is the queried name. `ttlSeconds` applies to aliases without their own TTL. */
export function renderAliases(query: Asked, aliases: readonly Alias[], ttlSeconds: number): readonly DnsRecord[] {
  return aliases.map((alias, at) =>
    domainRecord(at === 0 ? query.name : alias.owner, TYPE.CNAME, alias.ttlSeconds ?? ttlSeconds, alias.target),
  );
}

function renderServices(
  query: Asked,
  { aliases, services, additional }: Extract<Resolution, { kind: 'services' }>,
  { ttlSeconds, aliasTtlSeconds }: { readonly ttlSeconds: number; readonly aliasTtlSeconds: number },
): Reply {
  const owner = ownerOf(query, aliases);
  return {
    ...found([
      ...renderAliases(query, aliases, aliasTtlSeconds),
      ...services.map((service) => serviceRecord(owner, ttlSeconds, service)),
    ]),
    additionals: additional.map((target) => hostRecord(target, ttlSeconds)),
  };
}

function hostRecord({ name, address }: TargetAddress, ttlSeconds: number): DnsRecord {
  return addressRecord(name, isIP(address) === 6 ? TYPE.AAAA : TYPE.A, ttlSeconds, address);
}

/** The name at the end of the alias chain. */
function ownerOf(query: Asked, aliases: readonly Alias[]): string {
  return aliases.at(-1)?.target ?? query.name;
}

function found(answers: readonly DnsRecord[]): Reply {
  return { rcode: RCODE.NOERROR, authoritative: true, answers, authorities: [] };
}

function missing(
  rcode: number,
  query: Asked,
  { aliases, zone }: { readonly aliases: readonly Alias[]; readonly zone: string },
  rendering: Rendering,
): Reply {
  return {
    rcode,
    authoritative: true,
    answers: renderAliases(query, aliases, rendering.ttlSeconds),
    authorities: [renderSoa(zone, rendering)],
  };
}

function renderSoa(zone: string, { primary, serial, ttlSeconds }: Rendering): DnsRecord {
  return soaRecord(zone, primary || zone, serial, ttlSeconds);
}
