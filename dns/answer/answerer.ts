import type { Client } from '../query/client.ts';
import type { QueryDetails } from '../query/details.ts';
import type { Asker, NameSource } from '../query/name-source.ts';
import type { Resolution, TargetAddress } from '../query/resolution.ts';
import type { Forwarded, Forwarding as Forwarder } from '../upstream/forwarder.ts';
import { HEADER_SIZE, RCODE, TYPE } from '../wire/codes.ts';
import { type Query, type ReadResult, readQuery } from '../wire/read/query.ts';
import { after } from './after.ts';
import { onlyAlias } from './any.ts';
import { createFollower, type Follower, type Following } from './follow-upstream.ts';
import type { OwnResolution } from './render.ts';
import { createReplies, type Replies, type RepliesDependencies } from './replies.ts';
import type { Turns } from './turns.ts';

export interface AnswererDependencies<A extends Asker> extends Omit<RepliesDependencies, 'authority'> {
  readonly source: NameSource<A>;
  readonly forwarder: Forwarder;
  readonly turns: Turns;
  /** Called for each message that is not a query. */
  readonly onMalformed: () => void;
}

export interface AnswererOptions {
  readonly ttlSeconds: number;
  /** The largest reply over UDP, even if the client accepts more; null, the default: what the path to the client carries. */
  readonly udpPayloadBytes?: number | null;
  /** Answer ANY with NOTIMP instead of one record or none [RFC 8482]; default false. */
  readonly refuseAny?: boolean;
}

/** The general path: answers every message that the hot path does not. */
export interface Answerer {
  /** Answers a message, whatever its bytes; null: no reply is due. Writes what it finds out to `details`. */
  answer(message: Buffer, client: Client, details: QueryDetails): Promise<Buffer | null> | Buffer | null;
  /** The reply for a resolution of our own: complete, in stable order, and without taking a turn. */
  encodeOwn(query: Query, client: Client, resolution: OwnResolution): Buffer;
}

export function createAnswerer<A extends Asker>(
  dependencies: AnswererDependencies<A>,
  { ttlSeconds, udpPayloadBytes = null, refuseAny = false }: AnswererOptions,
): Answerer {
  const { source, turns, forwarder, onMalformed } = dependencies;
  const replies = createReplies({ ...dependencies, authority: source.authority }, { ttlSeconds, udpPayloadBytes });
  const renderOwn: Replies['render'] = (query, resolution) => replies.render(query, inTurn(turns, resolution));
  const follower = createFollower({ source, forwarder, renderOwn }, { ttlSeconds });
  const { forward, followUpstream } = createForwards(forwarder, follower, replies);

  const answerQuery = (asker: A, query: Query, client: Client, details: QueryDetails): Promise<Buffer> | Buffer => {
    const resolution = source.resolve(asker, query);
    details.asker = asker;
    details.resolution = resolution;
    const asked = { asker, query, client, details };
    switch (resolution.kind) {
      case 'forward':
        return forward(asked);
      case 'failure':
        return replies.failure(query, client);
      case 'upstream-alias': {
        const [alias] = query.type === TYPE.ANY ? resolution.aliases : [];
        return alias ? replies.own(query, client, onlyAlias(alias)) : followUpstream(asked, resolution);
      }
      default:
        return replies.own(query, client, inTurn(turns, resolution));
    }
  };

  const refuse = (message: Buffer, read: Refused, client: Client, details: QueryDetails): Buffer => {
    details.extendedRcode = read.rcode;
    return replies.refusal(message, { kind: 'refuse', ...read }, client);
  };

  return {
    answer: (message, client, details) => {
      const read = readQuery(message);
      if (read.kind === 'drop' || read.kind === 'refuse') onMalformed();
      if (read.kind === 'drop') return null;
      if (read.kind === 'refuse') return refuse(message, read, client, details);
      if (read.kind === 'cookie') {
        const rcode = replies.cookieRcode(read.cookie, client);
        return refuse(message, { rcode, questionEnd: HEADER_SIZE, edns: read.edns }, client, details);
      }
      const { query } = read;
      details.query = query;
      if (refuseAny && query.type === TYPE.ANY)
        return refuse(message, { ...query, rcode: RCODE.NOTIMP }, client, details);
      return after(source.who(client.address), (asker) => answerQuery(asker, query, client, details));
    },
    encodeOwn: replies.own,
  };
}

type Refused = Omit<ReadResult & { readonly kind: 'refuse' }, 'kind'>;

interface Asked<A extends Asker> {
  readonly asker: A;
  readonly query: Query;
  readonly client: Client;
  readonly details: QueryDetails;
}

/** Answers from upstream resolvers. */
function createForwards<A extends Asker>(forwarder: Forwarder, follower: Follower<A>, replies: Replies) {
  const following = ({ asker, query, details }: Asked<A>): Following<A> => {
    const onForwarded = (forwarded: Forwarded | null) => {
      details.path = pathOf(forwarded);
    };
    return { asker, query, onForwarded };
  };
  return {
    forward: (asked: Asked<A>): Promise<Buffer> | Buffer => {
      const { query, asker, client, details } = asked;
      return after(forwarder.forward(query.bytes, query.questionEnd, asker), (forwarded) => {
        details.path = pathOf(forwarded);
        const inside = forwarded && follower.inside(following(asked), forwarded);
        if (inside === null) return replies.forwarded(query, client, forwarded);
        return after(inside, (reply) => replies.rendered(query, client, reply));
      });
    },
    followUpstream: (
      asked: Asked<A>,
      alias: Extract<Resolution, { kind: 'upstream-alias' }>,
    ): Promise<Buffer> | Buffer =>
      after(follower.outside(following(asked), alias), (reply) => replies.rendered(asked.query, asked.client, reply)),
  };
}

/** `cached` if no upstream was waited for. */
function pathOf(forwarded: Forwarded | null): 'forwarded' | 'cached' {
  return forwarded === null || forwarded.from === 'forwarded' ? 'forwarded' : 'cached';
}

function inTurn(turns: Turns, resolution: OwnResolution): OwnResolution {
  if (resolution.kind === 'addresses') return { ...resolution, addresses: turns.deal(resolution) };
  if (resolution.kind !== 'services') return resolution;
  const services = turns.rotate(resolution.turn, resolution.services);
  // In the same order: the addresses of the last records are those that may not fit.
  const order = new Map(services.map(({ target }, at) => [target, at]));
  const additional = resolution.additional.toSorted((a, b) => placeOf(order, a) - placeOf(order, b));
  return { ...resolution, services, additional };
}

function placeOf(order: ReadonlyMap<string, number>, { name }: TargetAddress): number {
  return order.get(`${name}.`) ?? 0;
}
