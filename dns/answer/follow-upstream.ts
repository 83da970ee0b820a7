import type { Asker, NameSource } from '../query/name-source.ts';
import type { Resolution } from '../query/resolution.ts';
import type { Forwarded, Forwarding } from '../upstream/forwarder.ts';
import { type AliasEnd, aliasEndOf } from '../upstream/message/alias-end.ts';
import { rcodeOf } from '../upstream/message/reply.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import { copyRecords, copyRecordsAt } from '../wire/read/copied-record.ts';
import { structureOf } from '../wire/read/structure.ts';
import type { Reply } from '../wire/write/encode.ts';
import { plainQuery } from '../wire/write/plain-query.ts';
import { after } from './after.ts';
import { type Asked, type OwnResolution, renderAddresses, renderAliases } from './render.ts';

type UpstreamAlias = Extract<Resolution, { kind: 'upstream-alias' }>;
type Maybe<T> = T | Promise<T>;

/** A question of an asker. */
export interface Following<A extends Asker> {
  readonly asker: A;
  readonly query: Asked;
  /** Called for each reply of an upstream. */
  readonly onForwarded: (forwarded: Forwarded | null) => void;
}

/** Follows alias chains that cross the border of our zones, in both directions, for the asker. */
export interface Follower<A extends Asker> {
  /** A chain of ours that ends in an external name; our own name is not sent upstream. */
  outside(following: Following<A>, alias: UpstreamAlias): Maybe<Reply>;
  /** The reply for an upstream's chain that leads into our zone [RFC 1034 §5.3.2]; null: the upstream's reply has no such chain. */
  inside(following: Following<A>, forwarded: Forwarded): Maybe<Reply> | null;
}

export interface FollowerDependencies<A extends Asker> {
  readonly source: Pick<NameSource<A>, 'resolve' | 'isOurs'>;
  readonly forwarder: Forwarding;
  readonly renderOwn: (query: Asked, resolution: OwnResolution) => Reply;
}

/** How often a chain may come into our zone. */
const MAX_RETURNS = 8;
const FAILURE: Reply = { rcode: RCODE.SERVFAIL, authoritative: false, answers: [], authorities: [] };

export function createFollower<A extends Asker>(
  { source, forwarder, renderOwn }: FollowerDependencies<A>,
  { ttlSeconds }: { readonly ttlSeconds: number },
): Follower<A> {
  const own = (following: Following<A>, returns: number): Maybe<Reply> => {
    const resolution = source.resolve(following.asker, following.query);
    if (returns > MAX_RETURNS || resolution.kind === 'failure' || resolution.kind === 'forward') return FAILURE;
    if (resolution.kind === 'upstream-alias') return outside(following, resolution, returns);
    return renderOwn(following.query, resolution);
  };
  const outside = (following: Following<A>, alias: UpstreamAlias, returns: number): Maybe<Reply> => {
    const { asker, query, onForwarded } = following;
    const question = plainQuery(alias.target, query.type);
    return after(forwarder.forward(question, question.length, asker), (forwarded) => {
      onForwarded(forwarded);
      const end = forwarded ? (inside(following, forwarded, returns) ?? copyReply(forwarded.reply)) : FAILURE;
      return after(end, (known) => renderUpstreamEnd(query, alias, known, ttlSeconds));
    });
  };
  const inside = (following: Following<A>, { reply }: Forwarded, returns: number): Maybe<Reply> | null => {
    const { type } = following.query;
    const end = aliasEndOf(reply, type, source.isOurs);
    if (end === null) return null;
    const query = { name: end.target, type };
    return after(own({ ...following, query }, returns + 1), (known) => behindChain(reply, end, known));
  };
  return {
    outside: (following, alias) => outside(following, alias, 0),
    inside: (following, forwarded) => inside(following, forwarded, 0),
  };
}

/** The upstream's aliases, then our records. Not authoritative: the first record is the upstream's [RFC 1035 §4.1.1]. */
function behindChain(reply: Buffer, { chain }: AliasEnd, known: Reply): Reply {
  if (known.rcode === RCODE.SERVFAIL) return FAILURE;
  const aliases = copyRecordsAt(
    reply,
    chain.map(({ owner }) => owner),
  );
  return { ...known, authoritative: false, answers: [...aliases, ...known.answers] };
}

/** The records of an upstream's reply that belong behind an alias of ours. */
function copyReply(reply: Buffer): Reply {
  const rcode = structureOf(reply) ? rcodeOf(reply) : RCODE.SERVFAIL;
  if (rcode === RCODE.SERVFAIL) return FAILURE;
  const { answers, authorities } = copyRecords(reply);
  // The zone of the target determines the negative TTL [RFC 2308 §3].
  return { rcode, authoritative: false, answers, authorities: authorities.filter(({ type }) => type === TYPE.SOA) };
}

/**
 * The reply for an alias chain of ours that ends in an external name, from what is known about that name. AA is set because
 * it describes the first record, which is ours [RFC 1035 §4.1.1].
 */
function renderUpstreamEnd(
  query: Asked,
  { aliases, otherwise, ttlSeconds: ownTtlSeconds }: UpstreamAlias,
  end: Reply,
  ttlSeconds: number,
): Reply {
  const found = (answers: Reply['answers']): Reply => {
    return { rcode: RCODE.NOERROR, authoritative: true, answers, authorities: [] };
  };
  const chain = renderAliases(query, aliases, ttlSeconds);
  const isPositive = end.answers.some(({ type }) => type === query.type);
  if (!isPositive && otherwise.length > 0) {
    return found(renderAddresses(query, { aliases: [], addresses: otherwise }, ownTtlSeconds ?? ttlSeconds));
  }
  const answers = [...chain, ...end.answers];
  if (isPositive) return { ...end, ...found(answers) };
  if (end.rcode !== RCODE.NOERROR && end.rcode !== RCODE.NXDOMAIN) return FAILURE;
  return { ...end, authoritative: true, answers };
}
