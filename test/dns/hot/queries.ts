import { Packet } from 'dns2';
import type { Resolution } from '../../../dns/query/resolution.ts';

/** What a client may do differently with one and the same question. */
export interface QueryForm {
  readonly id?: number;
  readonly recursionDesired?: boolean;
  /** Bits of the fourth byte: AD 0x20, CD 0x10. */
  readonly flags?: number;
  /** Turns letters of the name to capitals, bit by bit. */
  readonly caps?: number;
  /** Payload size and DO; absent: no EDNS. */
  readonly edns?: { readonly payload: number; readonly dnssecOk: boolean };
}

export function queryOf(name: string, type: number, form: QueryForm = {}): Buffer {
  const { id = 0x1234, recursionDesired = true, flags = 0, caps = 0, edns } = form;
  const mixed = [...name].map((letter, at) => ((caps >> (at & 31)) & 1 ? letter.toUpperCase() : letter)).join('');
  const labels = mixed === '' ? [] : mixed.split('.');
  const question = Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0, type >> 8, type & 255, 0, 1]),
  ]);
  const header = Buffer.from([id >> 8, id & 255, Number(recursionDesired), flags, 0, 1, 0, 0, 0, 0, 0, edns ? 1 : 0]);
  if (!edns) return Buffer.concat([header, question]);
  const { payload, dnssecOk } = edns;
  const opt = [0, 0, 41, payload >> 8, payload & 255, 0, 0, dnssecOk ? 0x80 : 0, 0, 0, 0];
  return Buffer.concat([header, question, Buffer.from(opt)]);
}

/**
 * A reply as it has to be the same by both paths: of addresses that go round, which one is first is left out, and which one
 * is given alone. A "no" is made for its whole zone, so it does not point at labels that its SOA has by chance in common with
 * the question: its size is left out, and with it the case of such labels.
 */
export function sameWhicheverIsFirst(reply: Buffer, resolution: Resolution | null): string {
  const goesRound = resolution?.kind === 'addresses' && resolution.addresses.length > 1;
  const packet = Packet.parse(reply);
  const texts = packet.answers.map((record) => JSON.stringify(record));
  const isAddress = (text: string) => text.includes('"address"');
  const answers = !goesRound
    ? texts
    : resolution.give === 'all'
      ? texts.toSorted()
      : texts.map((text) => (isAddress(text) ? text.replace(/"address":"[^"]*"/, 'one of them') : text));
  const { header, questions, authorities, additionals } = packet;
  const size = resolution?.kind === 'nxdomain' ? null : reply.length;
  const records = JSON.stringify({ answers, authorities, additionals });
  return JSON.stringify({ size, header, questions }) + (size === null ? records.toLowerCase() : records);
}
