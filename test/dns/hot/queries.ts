import { Packet } from 'dns2';
import type { Resolution } from '../../../dns/query/resolution.ts';

/** What differs between queries for the same question. */
export interface QueryForm {
  readonly id?: number;
  readonly recursionDesired?: boolean;
  /** Bits of the fourth byte: AD 0x20, CD 0x10. */
  readonly flags?: number;
  /** Letters of the name to capitalise, as bits. */
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
 * The part of a reply that both paths have in common. If addresses take turns, it does not say which one is first, or is the
 * only one. The NXDOMAIN reply of a zone has no compression pointers to labels that its SOA shares with the question by chance, so
 * the size and the case of such labels are left out.
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
