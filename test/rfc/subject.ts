import type { Upstream } from './servers/upstream.ts';
import { newId, type QueryParts, query } from './wire/build.ts';
import { type Message, read } from './wire/read.ts';
import { framed, openTcp, type TcpClient } from './wire/tcp.ts';
import { type At, openUdp, type UdpOptions } from './wire/udp.ts';
import { ZONE } from './zone/zone.ts';

export type Over = 'udp' | 'tcp';

export interface SendOptions extends UdpOptions {
  /** Default: UDP. */
  readonly over?: Over;
  /** Default: the first address of the server. */
  readonly at?: At;
}

/** The server under test, seen by a client. */
export interface Subject {
  /** The addresses of the server. */
  readonly at: readonly [At, At];
  readonly upstream: Upstream;
  /** Sends a valid query; returns its reply, decoded strictly, with the id of the query. No reply is an error. */
  ask(owner: string | Buffer, parts?: QueryParts & SendOptions): Promise<Message>;
  /** Sends bytes unchanged and returns the reply. No reply is an error. */
  send(bytes: Buffer, options?: SendOptions): Promise<Message>;
  /** Fails if these bytes get a reply before a later query does. */
  expectSilence(bytes: Buffer): Promise<void>;
  connect(): Promise<TcpClient>;
}

export function createSubject(places: readonly At[], upstream: Upstream): Subject {
  const [first, second] = places;
  if (!first || !second) throw new Error('a server has to listen at two addresses');
  const send = async (bytes: Buffer, { over = 'udp', at = first, from, timeoutMs }: SendOptions = {}) => {
    const reply = over === 'udp' ? await viaUdp(at, bytes, from, timeoutMs) : await viaTcp(at, bytes, timeoutMs);
    if (!reply) throw new Error(`no reply over ${over}`);
    return reply;
  };
  return {
    at: [first, second],
    upstream,
    send,
    ask: (owner, parts = {}) => send(query(owner, parts), parts),
    expectSilence: (bytes) => silence(first, bytes),
    connect: () => openTcp(first),
  };
}

async function viaUdp(at: At, bytes: Buffer, from?: string, timeoutMs?: number): Promise<Message | null> {
  await using client = await openUdp(at, from);
  client.send(bytes);
  const reply = await client.next(timeoutMs);
  return reply && replyTo(bytes, read(reply));
}

async function viaTcp(at: At, bytes: Buffer, timeoutMs?: number): Promise<Message | null> {
  using client = await openTcp(at);
  await client.write(framed(bytes));
  const reply = await client.next(timeoutMs);
  return reply && replyTo(bytes, reply);
}

/** Checks that hold for every reply: it is a reply to this query, and reserved bits are clear [RFC 1035 §4.1.1]. */
function replyTo(bytes: Buffer, reply: Message): Message {
  const wanted = bytes.readUInt16BE(0);
  if (reply.id !== wanted) throw new Error(`the reply has id ${reply.id}, the query ${wanted}`);
  if (!reply.qr) throw new Error('the reply does not say that it is one (QR)');
  if (reply.z) throw new Error('the reply has the reserved bit set');
  return reply;
}

async function silence(at: At, bytes: Buffer): Promise<void> {
  await using client = await openUdp(at);
  const id = newId();
  client.send(bytes);
  client.send(query(ZONE, { id }));
  const reply = await client.next();
  if (!reply) throw new Error('no reply to the query behind it either');
  if (reply.readUInt16BE(0) !== id) throw new Error(`it was answered: ${reply.toString('hex')}`);
}
