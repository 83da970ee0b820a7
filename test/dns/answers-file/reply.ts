import { Packet } from 'dns2';
import { exchange, queryFor } from '../wire.ts';

/** The relevant parts of a reply as text, to compare two servers. */
export interface PlainReply {
  readonly rcode: number;
  /** AA and TC, if set. */
  readonly flags: string;
  /** `owner type data`, lower case, sorted; aliases first, in their order. */
  readonly records: readonly string[];
  /** The owner of the SOA, or ''. */
  readonly soa: string;
}

export interface Asked {
  readonly name: string;
  readonly type: string;
  readonly from: string;
}

export async function plainReply(port: number, { name, type, from }: Asked): Promise<PlainReply> {
  const options = { type: Packet.TYPE[type as keyof typeof Packet.TYPE], from };
  const { header, answers, authorities } = Packet.parse(await exchange(port, queryFor(name, options), options));
  const texts = answers.map((record) => {
    const { address, domain, primary, data } = record as unknown as Record<string, unknown>;
    return `${record.name.toLowerCase()} ${record.type} ${address ?? domain ?? primary ?? JSON.stringify(data)}`;
  });
  const isAlias = (text: string) => text.split(' ')[1] === String(Packet.TYPE.CNAME);
  return {
    rcode: header.rcode,
    flags: [header.aa && 'AA', header.tc && 'TC'].filter(Boolean).join(' '),
    records: [...texts.filter(isAlias), ...texts.filter((text) => !isAlias(text)).sort()],
    soa: authorities.map(({ name: owner }) => `${owner.toLowerCase()}.`).join(),
  };
}

export function isSame(a: PlainReply, b: PlainReply): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
