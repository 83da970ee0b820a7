import type { Client } from '../query/client.ts';
import type { QueryDetails } from '../query/details.ts';
import type { Asker, NameSource } from '../query/name-source.ts';
import type { Resolution } from '../query/resolution.ts';
import type { Forwarded, Forwarding as Forwarder } from '../upstream/forwarder.ts';
import type { ClientEdns } from '../wire/client-edns.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import type { Cookies } from '../wire/cookies.ts';
import { encodeRefusal, encodeReply, encodeServerFailure, type Fit } from '../wire/encode.ts';
import { fitForwarded } from '../wire/fit-forwarded.ts';
import { plainQuery } from '../wire/plain-query.ts';
import { type Query, type ReadResult, readQuery } from '../wire/query.ts';
import { replyOptions } from '../wire/reply-options.ts';
import { HEADER_SIZE } from '../wire/structure.ts';
import { onlyAlias, renderAny } from './any.ts';
import { renderUpstreamEnd } from './follow-upstream.ts';
import { type OwnResolution, renderReply } from './render.ts';
import type { Turns } from './turns.ts';

export interface AnswererDependencies<A extends Asker> {
  readonly source: NameSource<A>;
  readonly forwarder: Forwarder;
  readonly turns: Turns;
  /** Called for each message that is not a query. */
  readonly onMalformed: () => void;
  readonly cookies: Cookies;
  /** At least 0, below 1; default Math.random. */
  readonly random?: () => number;
}

export interface AnswererOptions {
  readonly ttlSeconds: number;
  /** The largest reply over UDP, whatever the client says it takes; default 1232, which no path breaks up [RFC 9715 §3.1]. */
  readonly udpPayloadBytes?: number;
  /** ANY is not implemented, instead of one record or none [RFC 8482]; default false. */
  readonly refuseAny?: boolean;
}

/** The general path: every message takes it that the hot path leaves. */
export interface Answerer {
  /** A message becomes a reply; null: none is due. Any bytes are fine. What is found on the way is noted in `details`. */
  answer(message: Buffer, client: Client, details: QueryDetails): Promise<Buffer | null> | Buffer | null;
  /** The reply to a query whose answer is our own: complete, in stable order, and without taking a turn. */
  encodeOwn(query: Query, client: Client, resolution: OwnResolution): Buffer;
}

/** What UDP carries unasked [RFC 1035 §4.2.1], and what TCP does. */
const LIMITS = { udp: 512, tcp: 65_535 };

export function createAnswerer<A extends Asker>(
  dependencies: AnswererDependencies<A>,
  { ttlSeconds, udpPayloadBytes = 1_232, refuseAny = false }: AnswererOptions,
): Answerer {
  const { source, turns, forwarder, onMalformed, cookies, random = Math.random } = dependencies;

  const fitFor = (edns: ClientEdns | null, client: Client): Fit => {
    const udpBytes = Math.max(LIMITS.udp, Math.min(edns?.payloadSize ?? 0, udpPayloadBytes));
    const limitBytes = client.transport === 'tcp' ? LIMITS.tcp : udpBytes;
    return { limitBytes, transport: client.transport, options: replyOptions(edns, client, cookies), random };
  };

  const encodeOwn = (query: Query, client: Client, resolution: OwnResolution): Buffer => {
    const render = query.type === TYPE.ANY ? renderAny : renderReply;
    const reply = render(query, resolution, { ...source.authority(), ttlSeconds });
    return encodeReply(query, reply, fitFor(query.edns, client));
  };

  const failure = (query: Query, client: Client): Buffer =>
    encodeServerFailure(query, replyOptions(query.edns, client, cookies));

  const forward = ({ query, asker, client, details }: Asked): Promise<Buffer> | Buffer => {
    const give = (forwarded: Forwarded | null): Buffer => {
      details.path = pathOf(forwarded);
      if (!forwarded) return failure(query, client);
      return fitForwarded(query, forwarded.reply, fitFor(query.edns, client));
    };
    return after(forwarder.forward(query.bytes, query.questionEnd, asker), give);
  };

  /** Asks for the end of the chain; our own name never leaves the house. */
  const followUpstream = (
    { query, asker, client, details }: Asked,
    alias: Extract<Resolution, { kind: 'upstream-alias' }>,
  ): Promise<Buffer> | Buffer => {
    const question = plainQuery(alias.target, query.type);
    return after(forwarder.forward(question, question.length, asker), (forwarded) => {
      details.path = pathOf(forwarded);
      const reply = renderUpstreamEnd(query, alias, forwarded, ttlSeconds);
      return encodeReply(query, reply, fitFor(query.edns, client));
    });
  };

  const answerQuery = (asker: A, query: Query, client: Client, details: QueryDetails): Promise<Buffer> | Buffer => {
    const resolution = source.resolve(asker, query);
    details.asker = asker;
    details.resolution = resolution;
    const asked = { asker, query, client, details };
    switch (resolution.kind) {
      case 'forward':
        return forward(asked);
      case 'failure':
        return failure(query, client);
      case 'upstream-alias': {
        const [alias] = query.type === TYPE.ANY ? resolution.aliases : [];
        return alias ? encodeOwn(query, client, onlyAlias(alias)) : followUpstream(asked, resolution);
      }
      default:
        return encodeOwn(query, client, inTurn(turns, resolution));
    }
  };

  const refuse = (message: Buffer, read: ReadResult & { kind: 'refuse' }, client: Client): Buffer =>
    encodeRefusal(message, read, replyOptions(read.edns, client, cookies));

  return {
    answer: (message, client, details) => {
      const read = readQuery(message);
      if (read.kind === 'drop' || read.kind === 'refuse') onMalformed();
      if (read.kind === 'drop') return null;
      if (read.kind === 'cookie') {
        const rcode = cookieVerdict(read.cookie, cookies.isGood(read.cookie, client.address));
        details.extendedRcode = rcode;
        return refuse(message, { kind: 'refuse', rcode, questionEnd: HEADER_SIZE, edns: read.edns }, client);
      }
      if (read.kind === 'refuse') {
        details.extendedRcode = read.rcode;
        return refuse(message, read, client);
      }
      details.query = read.query;
      if (refuseAny && read.query.type === TYPE.ANY) {
        const { questionEnd, edns } = read.query;
        return refuse(message, { kind: 'refuse', rcode: RCODE.NOTIMP, questionEnd, edns }, client);
      }
      return after(source.who(client.address), (asker) => answerQuery(asker, read.query, client, details));
    },
    encodeOwn,
  };
}

interface Asked {
  readonly asker: Asker;
  readonly query: Query;
  readonly client: Client;
  readonly details: QueryDetails;
}

/** A client that shows no server cookie asks for one; who shows one asks whether it is good [RFC 7873 §5.4]. */
function cookieVerdict(cookie: Buffer, isGood: boolean): number {
  return cookie.length === 8 || isGood ? RCODE.NOERROR : RCODE.BADCOOKIE;
}

/** At once where possible: a cached reply need not wait for its turn. */
function after<T, R>(value: T | Promise<T>, then: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(then) : then(value);
}

/** Answered from the cache, fresh or stale, nobody was waited for, or nobody who had an answer. */
function pathOf(forwarded: Forwarded | null): 'forwarded' | 'cached' {
  return forwarded === null || forwarded.from === 'forwarded' ? 'forwarded' : 'cached';
}

function inTurn(turns: Turns, resolution: OwnResolution): OwnResolution {
  if (resolution.kind === 'addresses') return { ...resolution, addresses: turns.deal(resolution) };
  if (resolution.kind !== 'services') return resolution;
  return { ...resolution, services: turns.rotate(resolution.turn, resolution.services) };
}
