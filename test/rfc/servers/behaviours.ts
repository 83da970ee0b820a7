import { record } from '../wire/build.ts';
import { ipv4, u32 } from '../wire/bytes.ts';
import { FLAG, RCODE, TYPE } from '../wire/codes.ts';
import { name } from '../wire/name.ts';
import { type Asked, type Behaviour, reply } from './upstream.ts';

/** One address for A, NODATA for other types. */
export function withAddress(address: string, ttl = 300): Behaviour {
  return (asked) => (asked.type === TYPE.A ? answering([address], ttl)(asked) : noData()(asked));
}

/** An RRset of addresses for every question. */
export function answering(addresses: readonly string[], ttl = 300): Behaviour {
  return (asked) => reply(asked, { answers: addresses.map((one) => record(ownerOf(asked), TYPE.A, ttl, ipv4(one))) });
}

/** The queried name is an alias for `target`; further records follow. */
export function aliased(target: string, ...rest: readonly Buffer[]): Behaviour {
  return (asked) => reply(asked, { answers: [record(ownerOf(asked), TYPE.CNAME, 300, name(target)), ...rest] });
}

export function noSuchName({ ttl = 300, minimum = 300 } = {}): Behaviour {
  return (asked) => reply(asked, { rcode: RCODE.NXDOMAIN, authorities: [soa(zoneOf(asked), ttl, minimum)] });
}

export function noData({ ttl = 300, minimum = 300 } = {}): Behaviour {
  return (asked) => reply(asked, { authorities: [soa(zoneOf(asked), ttl, minimum)] });
}

/** A response code only. */
export function failing(rcode: number): Behaviour {
  return (asked) => reply(asked, { rcode });
}

/** Truncated over UDP, complete over TCP. */
export function cutOverUdp(whole: Behaviour): Behaviour {
  return (asked) => (asked.transport === 'udp' ? reply(asked, { flags: FLAG.TC }) : whole(asked));
}

export const silent: Behaviour = () => null;

/** An SOA record: its own TTL, and the negative TTL [RFC 2308 §4]. */
export function soa(zone: string, ttl: number, minimum: number): Buffer {
  const below = zone === '.' ? '' : zone;
  const numbers = [1, 3_600, 600, 86_400, minimum].map(u32);
  return record(zone, TYPE.SOA, ttl, Buffer.concat([name(`ns.${below}`), name(`admin.${below}`), ...numbers]));
}

/** The parent of the queried name. All names below it share the RRset of its SOA, also in caches. */
function zoneOf(asked: Asked): string {
  return ownerOf(asked)
    .toLowerCase()
    .replace(/^[^.]+\./, '');
}

export function ownerOf({ query }: Asked): string {
  return query.questions[0]?.name ?? '.';
}

/** Data of the queried type. */
export function withData(data: Buffer, ttl = 300): Behaviour {
  return (asked) => reply(asked, { answers: [record(ownerOf(asked), asked.type, ttl, data)] });
}

/** A server without EDNS: FORMERR for an OPT record, without an OPT record in the reply [RFC 6891 §7]. */
export function withoutEdns(behaviour: Behaviour): Behaviour {
  return (asked) => {
    const { query } = asked;
    const bare = { ...asked, query: { ...query, opt: null } };
    return query.opt ? reply(bare, { rcode: RCODE.FORMERR }) : behaviour(bare);
  };
}
