import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Resources } from '../../support/resources.ts';
import { type MessageParts, message, opt } from '../wire/build.ts';
import { FLAG } from '../wire/codes.ts';
import { type Message, read } from '../wire/read.ts';
import { framed } from '../wire/tcp.ts';

/** A query that reached the upstream. */
export interface Asked {
  readonly query: Message;
  readonly type: number;
  readonly transport: 'udp' | 'tcp';
  /** 1 for the first query of this name and type. */
  readonly nth: number;
}

/** The upstream's reply to a query; null: no reply. */
export type Behaviour = (asked: Asked) => Buffer | null | Promise<Buffer | null>;

/** A scripted upstream resolver. Names without a script are REFUSED. */
export interface Upstream {
  readonly port: number;
  /** Sets the behaviour for a name (absolute); may change at any time. */
  script(owner: string, behaviour: Behaviour): void;
  /** The queries of a name so far, in order. */
  asked(owner: string): readonly Asked[];
}

export async function startUpstream(resources: Resources, port: number): Promise<Upstream> {
  const scripts = new Map<string, Behaviour>();
  const log: Asked[] = [];
  const keyOf = (query: Message) => query.questions[0]?.name.toLowerCase() ?? '';
  const answer = async (bytes: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | null> => {
    const query = read(bytes);
    const type = query.questions[0]?.type ?? 0;
    const nth = 1 + log.filter((before) => keyOf(before.query) === keyOf(query) && before.type === type).length;
    const asked: Asked = { query, type, transport, nth };
    log.push(asked);
    return (scripts.get(keyOf(query)) ?? refused)(asked);
  };
  await serveUdp(resources, port, answer);
  await serveTcp(resources, port, answer);
  return {
    port,
    script: (owner, behaviour) => void scripts.set(owner.toLowerCase(), behaviour),
    asked: (owner) => log.filter(({ query }) => keyOf(query) === owner.toLowerCase()),
  };
}

type Answer = (bytes: Buffer, transport: 'udp' | 'tcp') => Promise<Buffer | null>;

async function serveUdp(resources: Resources, port: number, answer: Answer): Promise<void> {
  const socket = createSocket('udp4');
  let open = true;
  socket.on('message', async (bytes, from) => {
    const reply = await answer(bytes, 'udp');
    if (reply && open) socket.send(reply, from.port, from.address, () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).bind({ address: '127.0.0.1', port }, resolve);
  });
  resources.add('upstream over UDP', () => {
    open = false;
    return new Promise<void>((resolve) => socket.close(() => resolve()));
  });
}

async function serveTcp(resources: Resources, port: number, answer: Answer): Promise<void> {
  const server = createServer((socket) => {
    let rest = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    resources.add('connection of the upstream', () => socket.destroy());
    socket.on('data', async (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE()) {
        const query = rest.subarray(2, 2 + rest.readUInt16BE());
        rest = rest.subarray(2 + query.length);
        const reply = await answer(query, 'tcp');
        if (reply && socket.writable) socket.write(framed(reply));
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host: '127.0.0.1', port }, resolve);
  });
  resources.add('upstream over TCP', () => void server.close());
}

const refused: Behaviour = (asked) => reply(asked, { rcode: 5 });

export interface ReplyParts extends Pick<MessageParts, 'answers' | 'authorities' | 'additional'> {
  readonly rcode?: number;
  readonly flags?: number;
}

/** A resolver's reply: QR, RA, RD as in the query, the question unchanged, OPT if the query has one. */
export function reply({ query }: Asked, parts: ReplyParts): Buffer {
  const { rcode = 0, flags = 0, additional = [], ...sections } = parts;
  const bytes = message({
    id: query.id,
    flags: FLAG.QR | FLAG.RA | (query.rd ? FLAG.RD : 0) | flags | rcode,
    additional: [...additional, ...(query.opt ? [opt({ flags: query.opt.dnssecOk ? 0x8000 : 0 })] : [])],
    ...sections,
  });
  bytes.writeUInt16BE(1, 4);
  return Buffer.concat([bytes.subarray(0, 12), query.questionBytes, bytes.subarray(12)]);
}
