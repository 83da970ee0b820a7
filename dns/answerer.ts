import { Packet } from 'dns2';
import type { Container } from '../model/index.ts';
import { type HostView, type Scope, scopeOf } from '../view/index.ts';
import { RCODE } from './codes.ts';
import { type DnsRecord, encodeRefusal, encodeReply, encodeServerFailure, fitForwarded } from './encode.ts';
import { createMemo } from './memo.ts';
import { plainQuery } from './plain-query.ts';
import { type Query, readQuery } from './query.ts';
import type { Recognition } from './recognition.ts';
import { type OwnResolution, renderAddresses, renderAliases, renderReply } from './render.ts';
import type { Resolution } from './resolve.ts';
import type { Turns } from './turns.ts';
import type { Upstream } from './upstream/address.ts';
import type { Forwarder } from './upstream/forwarder.ts';
import { rcodeOf } from './upstream/reply.ts';

/** Where a message came from. */
export interface Client {
  /** Plain text form (`10.1.2.3`, not `::ffff:10.1.2.3`). */
  readonly address: string;
  readonly transport: 'udp' | 'tcp';
}

export interface AnswererDependencies {
  readonly view: () => HostView;
  readonly recognition: Recognition;
  readonly forwarder: Forwarder;
  /** The upstreams of an asker: its own, then the default ones. */
  readonly upstreamsOf: (scope: Scope) => readonly Upstream[];
  readonly turns: Turns;
  readonly count: (what: 'queries' | 'malformed' | 'forwarded') => void;
}

export interface AnswererOptions {
  readonly ttlSeconds: number;
  readonly metadataAddress: string;
}

/** A message becomes a reply; null: none is due. Any bytes are fine. */
export type Answerer = (message: Buffer, client: Client) => Promise<Buffer | null> | Buffer | null;

/** What UDP carries unasked [RFC 1035 §4.2.1], what we give at most when asked, what TCP carries. */
const LIMITS = { udp: 512, edns: 4_096, tcp: 65_535 };

export function createAnswerer(dependencies: AnswererDependencies, options: AnswererOptions): Answerer {
  const scopes = createScopes();
  const resolve = createMemo(options.metadataAddress);
  return (message, client) => {
    const read = readQuery(message);
    dependencies.count(read.kind === 'query' ? 'queries' : 'malformed');
    if (read.kind === 'drop') return null;
    if (read.kind === 'refuse') return encodeRefusal(message, read);
    const asker = dependencies.recognition.who(client.address);
    const answer = (container: Container | null) => {
      const view = dependencies.view();
      const scope = scopes(view, container);
      const resolution = resolve(view, scope, read.query);
      return answerQuery(dependencies, options, { view, scope, query: read.query, client }, resolution);
    };
    return asker instanceof Promise ? asker.then(answer) : answer(asker);
  };
}

interface Asked {
  readonly view: HostView;
  readonly scope: Scope;
  readonly query: Query;
  readonly client: Client;
}

function answerQuery(
  { turns, ...dependencies }: AnswererDependencies,
  { ttlSeconds }: AnswererOptions,
  asked: Asked,
  resolution: Resolution,
): Promise<Buffer> | Buffer {
  const { view, query, client } = asked;
  switch (resolution.kind) {
    case 'forward':
      return forward(dependencies, asked);
    case 'failure':
      return encodeServerFailure(query);
    case 'upstream-alias':
      return followUpstream(dependencies, asked, resolution, ttlSeconds);
    default: {
      const reply = renderReply(query, inTurn(turns, resolution), { view, ttlSeconds });
      return encodeReply(query, reply, limitOf(query, client), client.transport === 'udp');
    }
  }
}

type Forwarding = Pick<AnswererDependencies, 'forwarder' | 'upstreamsOf' | 'count'>;

async function forward({ forwarder, upstreamsOf, count }: Forwarding, asked: Asked): Promise<Buffer> {
  const { query, scope, client } = asked;
  count('forwarded');
  const reply = await forwarder.forward(query.bytes, query.questionEnd, upstreamsOf(scope));
  return reply ? fitForwarded(query, reply, limitOf(query, client)) : encodeServerFailure(query);
}

/** Asks for the end of the chain; our own name never leaves the house. */
async function followUpstream(
  { forwarder, upstreamsOf, count }: Forwarding,
  { query, scope, client }: Asked,
  { aliases, target, otherwise }: Extract<Resolution, { kind: 'upstream-alias' }>,
  ttlSeconds: number,
): Promise<Buffer> {
  count('forwarded');
  const question = plainQuery(target, query.type);
  const reply = await forwarder.forward(question, question.length, upstreamsOf(scope));
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

/** The forwarder has seen that the reply is sound; a record dns2 cannot read is left out. */
function answersOf(reply: Buffer): readonly DnsRecord[] {
  return Packet.parse(reply).answers;
}

function inTurn(turns: Turns, resolution: OwnResolution): OwnResolution {
  if (resolution.kind !== 'addresses') return resolution;
  return { ...resolution, addresses: turns.next(resolution.turn, resolution.addresses) };
}

function limitOf({ payloadSize }: Query, { transport }: Client): number {
  if (transport === 'tcp') return LIMITS.tcp;
  return Math.min(Math.max(payloadSize ?? 0, LIMITS.udp), LIMITS.edns);
}

/** Scopes of the newest view; an older view is asked for no more. */
function createScopes(): (view: HostView, container: Container | null) => Scope {
  let of: HostView | null = null;
  let known = new Map<Container | null, Scope>();
  return (view, container) => {
    if (view !== of) known = new Map();
    of = view;
    const scope = known.get(container) ?? scopeOf(view, container);
    known.set(container, scope);
    return scope;
  };
}
