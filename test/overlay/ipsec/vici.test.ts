import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMessage, encodeMessage, type ViciMessage } from '../../../overlay/ipsec/vici/message.ts';
import { decodePacket, encodeRequest, PacketSplitter } from '../../../overlay/ipsec/vici/packet.ts';

const name = fc.string({ maxLength: 60, unit: 'grapheme' }).filter((text) => Buffer.byteLength(text) <= 255);
const value = fc.string({ maxLength: 300, unit: 'grapheme' });
const { message } = fc.letrec<{ message: ViciMessage }>((tie) => ({
  message: fc.dictionary(
    name,
    fc.oneof({ maxDepth: 4 }, value, fc.array(value), tie('message')),
  ) as fc.Arbitrary<ViciMessage>,
}));

test('decodeMessage() reads what encodeMessage() wrote', () => {
  fc.assert(
    fc.property(message, (one) => {
      expect(decodeMessage(encodeMessage(one))).toEqual(one);
    }),
  );
});

test('the bytes are those of the protocol, as its documentation gives them', () => {
  const bytes = encodeMessage({
    key1: 'value1',
    section1: { 'sub-section': { key2: 'value2' }, list1: ['item1', 'item2'] },
  });
  const expected =
    '0304key10006value101' +
    '08section1' +
    '010bsub-section0304key20006value202' +
    '0405list1050005item1050005item20602';
  const hex = expected.replaceAll(/key\d|value\d|section1|sub-section|list1|item\d/g, (text) =>
    Buffer.from(text).toString('hex'),
  );
  expect(bytes.toString('hex')).toBe(hex);
  expect(encodeRequest({ type: 'register', name: 'list-sa' }).toString('latin1')).toBe('\0\0\0\x09\x03\x07list-sa');
});

test('arbitrary bytes never throw, and a message cut short is none', () => {
  fc.assert(
    // The first eight bytes begin most elements.
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ max: 7, maxLength: 40 })), (bytes) => {
      decodePacket(Buffer.from(bytes));
      decodeMessage(Buffer.from(bytes));
      new PacketSplitter().push(Buffer.from(bytes));
    }),
  );
  expect(decodeMessage(Buffer.of(2, 3, 0, 0, 0))).toBeNull();
  const whole = encodeMessage({ a: 'b', list: ['c'], section: { d: 'e' } });
  const boundaries = [0, Buffer.from(encodeMessage({ a: 'b' })).length, encodeMessage({ a: 'b', list: ['c'] }).length];
  for (let length = 0; length < whole.length; length++) {
    if (!boundaries.includes(length)) expect(decodeMessage(whole.subarray(0, length)), `${length} bytes`).toBeNull();
  }
});

test('a name such as __proto__ is a name like any other', () => {
  const decoded = decodeMessage(encodeMessage(JSON.parse('{"__proto__":{"polluted":"yes"}}')));
  expect(Object.keys(decoded ?? {})).toEqual(['__proto__']);
  expect(({} as { polluted?: string }).polluted).toBeUndefined();
});

test('PacketSplitter gives the same packets however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(40), { minLength: 1 }), (messages, cuts) => {
      const stream = Buffer.concat(messages.map((one) => encodeRequest({ type: 'command', name: 'x', message: one })));
      const splitter = new PacketSplitter();
      const bodies: Buffer[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = 1 + (cuts[turn % cuts.length] ?? 0);
        bodies.push(...(splitter.push(stream.subarray(at, at + size)) ?? []));
        at += size;
      }
      expect(bodies.map((body) => decodeMessage(body.subarray(3)))).toEqual(messages);
    }),
  );
  expect(new PacketSplitter().push(Buffer.from('ffffffff', 'hex'))).toBeNull();
});

test('encodeMessage() refuses what the protocol cannot carry', () => {
  expect(() => encodeMessage({ ['x'.repeat(256)]: '' })).toThrow('256 bytes');
  expect(() => encodeMessage({ x: 'x'.repeat(65_536) })).toThrow('65536 bytes');
});
