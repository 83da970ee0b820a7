import { Packet, type Resource } from 'dns2';
import { type Question, questionOf } from '../../../dns/upstream/message/question.ts';
import { HEADER_SIZE } from '../../../dns/wire/codes.ts';

/** `www.example.com A 300 192.0.2.1`, `example.com SOA 3600 60` (its minimum), `a.example CNAME 60 b.example`. */
export type RecordText = string;

export interface MessageSketch {
  readonly name?: string;
  readonly type?: keyof typeof Packet.TYPE;
  readonly id?: number;
  readonly rcode?: keyof typeof Packet.RCODE;
  readonly header?: Partial<Packet['header']>;
  readonly answers?: readonly RecordText[];
  readonly authorities?: readonly RecordText[];
  readonly additionals?: readonly RecordText[];
  /** Payload size of an OPT record. */
  readonly edns?: number;
}

/** A client's query. */
export function queryOf(
  name: string,
  type: keyof typeof Packet.TYPE = 'A',
  header: Partial<Packet['header']> = {},
): Buffer {
  const packet = new Packet();
  packet.header = new Packet.Header({ id: 0x1234, rd: 1, ...header });
  packet.questions.push(new Packet.Question(name, Packet.TYPE[type], Packet.CLASS.IN));
  return packet.toBuffer();
}

/** The question of such a query. */
export function asked(
  name: string,
  type: keyof typeof Packet.TYPE = 'A',
  header: Partial<Packet['header']> = {},
): Question {
  const query = queryOf(name, type, header);
  return questionOf(query, query.length);
}

/** A reply of an upstream. */
export function replyOf(sketch: MessageSketch): Buffer {
  const { name = 'www.example.com', type = 'A', id = 0x1234, rcode = 'NOERROR', edns } = sketch;
  const packet = new Packet();
  packet.header = new Packet.Header({ id, qr: 1, rd: 1, ra: 1, rcode: Packet.RCODE[rcode], ...sketch.header });
  packet.questions.push(new Packet.Question(name, Packet.TYPE[type], Packet.CLASS.IN));
  packet.answers.push(...(sketch.answers ?? []).map(recordOf));
  packet.authorities.push(...(sketch.authorities ?? []).map(recordOf));
  packet.additionals.push(...(sketch.additionals ?? []).map(recordOf));
  if (edns !== undefined) packet.additionals.push(Packet.Resource.EDNS([], { udpPayloadSize: edns }));
  return packet.toBuffer();
}

function recordOf(text: RecordText): Resource {
  const [name = '', type = 'A', ttl = '0', data = ''] = text.split(' ');
  const kind = type as keyof typeof Packet.TYPE;
  const record = new Packet.Resource(name, Packet.TYPE[kind], Packet.CLASS.IN, Number(ttl));
  if (kind === 'A' || kind === 'AAAA') return Object.assign(record, { address: data });
  if (kind === 'NS') return Object.assign(record, { ns: data });
  if (kind === 'CNAME') return Object.assign(record, { domain: data });
  const numbers = { serial: 1, refresh: 1, retry: 1, expiration: 1, minimum: Number(data) };
  return Object.assign(record, { primary: 'ns.example.com', admin: 'mail.example.com', ...numbers });
}

/** `NOERROR www.example.com A 300 192.0.2.1 | authority`, with records as in `RecordText`. */
export function textOf(message: Buffer): string {
  const packet = Packet.parse(message);
  const section = (records: readonly Resource[]) => records.map(recordText).join(', ');
  const rcode = Object.entries(Packet.RCODE).find(([, code]) => code === packet.header.rcode)?.[0] ?? '';
  return [rcode, section(packet.answers), section(packet.authorities), section(packet.additionals)]
    .join(' | ')
    .replace(/( \| )+$/, '');
}

function recordText(record: Resource): string {
  const type = Object.entries(Packet.TYPE).find(([, code]) => code === record.type)?.[0] ?? '';
  const { address, domain, ns, minimum } = record as Resource & Record<string, unknown>;
  return `${record.name} ${type} ${record.ttl} ${address ?? domain ?? ns ?? minimum ?? ''}`;
}

/** The question section's bytes as text. */
export function questionBytes(message: Buffer, length: number): string {
  return message.toString('latin1', HEADER_SIZE, length);
}
