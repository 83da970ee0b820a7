import type { Resolution } from '../query/resolution.ts';
import type { Forwarded } from '../upstream/forwarder.ts';
import { rcodeOf } from '../upstream/message/reply.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import { type CopiedRecord, copyRecords } from '../wire/read/copied-record.ts';
import type { Query } from '../wire/read/query.ts';
import { structureOf } from '../wire/read/structure.ts';
import type { Reply } from '../wire/write/encode.ts';
import { renderAddresses, renderAliases } from './render.ts';

type UpstreamAlias = Extract<Resolution, { kind: 'upstream-alias' }>;

/**
 * The reply for a chain of aliases of ours that ends in a name of others, from what upstream says about that one. The first
 * record is ours, and that is what AA speaks of [RFC 1035 §4.1.1].
 */
export function renderUpstreamEnd(
  query: Query,
  { aliases, otherwise, ttlSeconds: ownTtlSeconds }: UpstreamAlias,
  forwarded: Forwarded | null,
  ttlSeconds: number,
): Reply {
  // It was sound when it came; but names in it may lie across times to live, which have been counted down since.
  const reply = forwarded && structureOf(forwarded.reply) ? forwarded.reply : null;
  const end = reply ? copyRecords(reply) : { answers: [], authorities: [] };
  const found = (answers: Reply['answers'], rcode: number, authorities: readonly CopiedRecord[] = []): Reply => {
    return { rcode, authoritative: answers.length > 0, answers, authorities };
  };
  const chain = renderAliases(query, aliases, ttlSeconds);
  if (end.answers.some(({ type }) => type === query.type)) return found([...chain, ...end.answers], RCODE.NOERROR);
  if (otherwise.length > 0) {
    const own = { aliases: [], addresses: otherwise };
    return found(renderAddresses(query, own, ownTtlSeconds ?? ttlSeconds), RCODE.NOERROR);
  }
  const rcode = reply ? rcodeOf(reply) : RCODE.SERVFAIL;
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return found([], RCODE.SERVFAIL);
  // How long the "no" may be remembered is for the zone at the end to say [RFC 2308 §3].
  const negative = end.authorities.filter(({ type }) => type === TYPE.SOA);
  return found([...chain, ...end.answers], rcode, negative);
}
