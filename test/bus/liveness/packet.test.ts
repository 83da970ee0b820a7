import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePacket, type Packet, parsePacket } from '../../../bus/liveness/packet.ts';

const key = '11111111-2222-4333-8444-555555555555';
const packet: Packet = { kind: 'ping', from: 'host-a', to: 'host-b', incarnation: 1_763_000_000_000, sequence: 77 };

test('parsePacket() reverses encodePacket()', () => {
  expect(parsePacket(encodePacket(packet, key), key)).toEqual(packet);
  const uuid = 'a3bb189e-8bf9-3888-9912-ace4e6543002';
  const pong: Packet = { ...packet, kind: 'pong', from: uuid, to: uuid, sequence: 2 ** 47 };
  expect(parsePacket(encodePacket(pong, key), key)).toEqual(pong);
});

test('a pong is not larger than its ping', () => {
  const pong = encodePacket({ ...packet, kind: 'pong', from: packet.to, to: packet.from }, key);
  expect(pong.length).toBeLessThanOrEqual(encodePacket(packet, key).length);
});

test('a packet of another environment is rejected', () => {
  expect(parsePacket(encodePacket(packet, 'another'), key)).toBeNull();
});

test('a packet with a changed, missing or added byte is rejected', () => {
  const bytes = encodePacket(packet, key);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(parsePacket(changed, key)).toBeNull();
    expect(parsePacket(bytes.subarray(0, at), key)).toBeNull();
  }
  expect(parsePacket(Buffer.concat([bytes, Buffer.from([0])]), key)).toBeNull();
});

test('random bytes are rejected', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => parsePacket(Buffer.from(bytes), key) === null));
});
