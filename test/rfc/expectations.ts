import { expect } from 'vitest';
import { TYPE } from './wire/codes.ts';
import type { Message } from './wire/read.ts';
import { type Rr, soaOf } from './wire/records.ts';

/** The data of all answers of one type, in order. */
export function texts(message: Message, type: number): readonly string[] {
  return message.answers.filter((record) => record.type === type).map(({ text }) => text);
}

/** The addresses in the answer, sorted because servers rotate them. */
export function addresses(message: Message): readonly string[] {
  return texts(message, TYPE.A).toSorted();
}

export function soasOf(message: Message): readonly Rr[] {
  return message.authorities.filter(({ type }) => type === TYPE.SOA);
}

/** Checks a negative answer [RFC 2308 §2] and returns its SOA. */
export function expectNegative(message: Message, rcode: 'NXDOMAIN' | 'NOERROR'): Rr {
  expect(message.rcode).toBe(rcode);
  const [soa, ...more] = soasOf(message);
  expect(more).toEqual([]);
  if (!soa) throw new Error('no SOA in the authority section');
  expect(soa.ttl).toBeLessThanOrEqual(soaOf(soa).minimum);
  return soa;
}
