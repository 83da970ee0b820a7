import { Packet } from 'dns2';
import type { Recorder } from '../metrics/recorder.ts';
import type { Sighting } from '../metrics/sighting.ts';
import type { Asker, NameSource } from '../source/source.ts';
import type { Forwarded, Forwarder } from '../upstream/forwarder.ts';
import { rcodeOf } from '../upstream/reply.ts';
import { RCODE } from '../wire/codes.ts';
import { type DnsRecord, encodeRefusal, encodeReply, encodeServerFailure, fitForwarded } from '../wire/encode.ts';
import { plainQuery } from '../wire/plain-query.ts';
import { type Query, readQuery } from '../wire/query.ts';
import { type OwnResolution, renderAddresses, renderAliases, renderReply } from './render.ts';
import type { Resolution } from './resolution.ts';
import type { Turns } from './turns.ts';

/** Where a message came from. */
export interface Client {
  /** Plain text form (`10.1.2.3`, not `::ffff:10.1.2.3`). */
  readonly address: string;
  readonly transport: 'udp' | 'tcp';
}

export interface AnswererDependencies<A extends Asker> {
  readonly source: NameSource<A>;
  readonly forwarder: Forwarder;
  readonly turns: Turns;
  readonly recorder: Pick<Recorder, 'happened'>;
}

export interface AnswererOptions {
  readonly ttlSeconds: number;
}

/** The general path: every message takes it that the hot path leaves. */
export interface Answerer {
  /** A message becomes a reply; null: none is due. Any bytes are fine. What is found on the way is noted in `sighting`. */
  answer(message: Buffer, client: Client, sighting: Sighting): Promise<Buffer | null> | Buffer | null;
  /** The reply to a query whose answer is our own: complete, in stable order, and without taking a turn. */
  encodeOwn(query: Query, client: Client, resolution: OwnResolution): Buffer;
}

/** What UDP carries unasked [RFC 1035 §4.2.1], what we give at most when asked, what TCP carries. */
const LIMITS = { udp: 512, edns: 4_096, tcp: 65_535 };

export function createAnswerer<A extends Asker>(
  dependencies: AnswererDependencies<A>,
  options: AnswererOptions,
): Answerer {
  const { source, turns } = dependencies;
  const encodeOwn = (query: Query, client: Client, resolution: OwnResolution): Buffer => {
    const rendering = { ...source.authority(), ttlSeconds: options.ttlSeconds };
    const reply = renderReply(query, resolution, rendering);
    return encodeReply(query, reply, limitOf(query, client), client.transport === 'udp');
  };
  const answerQuery = (asker: A, query: Query, client: Client, sighting: Sighting): Promise<Buffer> | Buffer => {
    const resolution = source.resolve(asker, query);
    sighting.asker = asker;
    sighting.resolution = resolution;
    const asked = { asker, query, client, sighting };
    if (resolution.kind === 'forward') return forward(dependencies, asked);
    if (resolution.kind === 'failure') return encodeServerFailure(query);
    if (resolution.kind === 'upstream-alias') {
      return followUpstream(dependencies, asked, resolution, resolution.ttlSeconds ?? options.ttlSeconds);
    }
    return encodeOwn(query, client, inTurn(turns, resolution));
  };
  return {
    answer: (message, client, sighting) => {
      const read = readQuery(message);
      if (read.kind !== 'query') dependencies.recorder.happened('malformed');
      if (read.kind === 'drop') return null;
      if (read.kind === 'refuse') {
        sighting.extendedRcode = read.rcode;
        return encodeRefusal(message, read);
      }
      sighting.query = read.query;
      const asker = source.who(client.address);
      if (asker instanceof Promise) return asker.then((found) => answerQuery(found, read.query, client, sighting));
      return answerQuery(asker, read.query, client, sighting);
    },
    encodeOwn,
  };
}

interface Asked {
  readonly asker: Asker;
  readonly query: Query;
  readonly client: Client;
  readonly sighting: Sighting;
}

type Forwarding = Pick<AnswererDependencies<Asker>, 'forwarder'>;

async function forward({ forwarder }: Forwarding, asked: Asked): Promise<Buffer> {
  const { query, asker, client, sighting } = asked;
  const forwarded = await forwarder.forward(query.bytes, query.questionEnd, asker);
  sighting.path = pathOf(forwarded);
  return forwarded ? fitForwarded(query, forwarded.reply, limitOf(query, client)) : encodeServerFailure(query);
}

/** Asks for the end of the chain; our own name never leaves the house. */
async function followUpstream(
  { forwarder }: Forwarding,
  { query, asker, client, sighting }: Asked,
  { aliases, target, otherwise }: Extract<Resolution, { kind: 'upstream-alias' }>,
  ttlSeconds: number,
): Promise<Buffer> {
  const question = plainQuery(target, query.type);
  const forwarded = await forwarder.forward(question, question.length, asker);
  sighting.path = pathOf(forwarded);
  const reply = forwarded?.reply ?? null;
  const records = reply ? answersOf(reply) : [];
  const encode = (rcode: number, answers: readonly DnsRecord[]) =>
    encodeReply(
      query,
      { rcode, authoritative: false, answers, authorities: [] },
      limitOf(query, client),
      client.transport === 'udp',
    );
  const chain = renderAliases(query, aliases, ttlSeconds);
  if (records.some(({ type }) => type === query.type)) return encode(RCODE.NOERROR, [...chain, ...records]);
  if (otherwise.length > 0) return encode(RCODE.NOERROR, renderAddresses(query, [], otherwise, ttlSeconds));
  const rcode = reply ? rcodeOf(reply) : RCODE.SERVFAIL;
  return encode(rcode, rcode === RCODE.SERVFAIL ? [] : [...chain, ...records]);
}

/** Answered from the cache, fresh or stale, nobody was waited for, or nobody who had an answer. */
function pathOf(forwarded: Forwarded | null): 'forwarded' | 'cached' {
  return forwarded === null || forwarded.from === 'forwarded' ? 'forwarded' : 'cached';
}

/** The forwarder has seen that the reply is sound; a record dns2 cannot read is left out. */
function answersOf(reply: Buffer): readonly DnsRecord[] {
  return Packet.parse(reply).answers;
}

function inTurn(turns: Turns, resolution: OwnResolution): OwnResolution {
  if (resolution.kind === 'addresses') return { ...resolution, addresses: turns.deal(resolution) };
  if (resolution.kind !== 'services') return resolution;
  return { ...resolution, services: turns.rotate(resolution.turn, resolution.services) };
}

function limitOf({ payloadSize }: Query, { transport }: Client): number {
  if (transport === 'tcp') return LIMITS.tcp;
  return Math.min(Math.max(payloadSize ?? 0, LIMITS.udp), LIMITS.edns);
}
