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
 * The reply for an alias chain of ours that ends in an external name, from the upstream's reply for that name. AA is set because
 * it describes the first record, which is ours [RFC 1035 §4.1.1].
 */
export function renderUpstreamEnd(
  query: Query,
  { aliases, otherwise, ttlSeconds: ownTtlSeconds }: UpstreamAlias,
  forwarded: Forwarded | null,
  ttlSeconds: number,
): Reply {
  // Checked again: TTLs were reduced since the first check, and a name may overlap them.
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
  // The zone of the target determines the negative TTL [RFC 2308 §3].
  const negative = end.authorities.filter(({ type }) => type === TYPE.SOA);
  return found([...chain, ...end.answers], rcode, negative);
}
