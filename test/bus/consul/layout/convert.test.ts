import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DamageError,
  decodeBucket,
  decodeJson,
  encodeHostRecord,
  encodeJson,
  newFlags,
  parseHostRecord,
  parsePointer,
} from '../../../../bus/consul/layout/convert.ts';
import { documentGroup, hostGroup, keysOf } from '../../../../bus/consul/layout/keys.ts';

test('decodeJson() reverses encodeJson() and ignores the random part of the flags', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as never;
      const { value: bytes, flags } = encodeJson(json);
      expect(decodeJson({ value: bytes, flags: newFlags(flags) })).toEqual(json);
    }),
  );
});

test('encodeJson() keeps short values readable and deflates long ones', () => {
  expect(encodeJson({ hostId: 'a' }).value.toString()).toBe('{"hostId":"a"}');
  expect(encodeJson({ text: 'x'.repeat(5_000) }).value.length).toBeLessThan(100);
});

test('decoding bytes that Drover did not write fails with a DamageError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(7), (bytes, flags) => {
      const stored = { value: Buffer.from(bytes), flags };
      for (const decode of [decodeJson, decodeBucket, () => parsePointer(stored.value)]) {
        try {
          decode(stored);
        } catch (error) {
          expect(error).toBeInstanceOf(DamageError);
        }
      }
      parseHostRecord(stored.value);
    }),
  );
});

test('a host record names a power of two of buckets, some of them empty', () => {
  const tokens = ['AAAAAAAAAAAA', null, 'b_-BBBBBBBBB', 'AAAAAAAAAAAA'];
  expect(parseHostRecord(encodeHostRecord(tokens))).toEqual(tokens);
  for (const text of ['', '1', '1 x', '2 -', '1 - - -', '1 AAAAAAAAAAAA '])
    expect(parseHostRecord(Buffer.from(text))).toBeNull();
});

test('keys give back the host ids and document keys they were made from, whatever characters these have', () => {
  const keys = keysOf('drover', 'a/b c');
  for (const id of ['host-1', 'a/b', '%41', 'ü ☃', '%']) {
    expect(keys.hostIdOf(keys.hostRecord(id))).toBe(id);
    expect(keys.hostIdOfFacts(`${keys.factsOf(id)}token`)).toBe(id);
    expect(keys.documentKeyOf(keys.document(id))).toBe(id);
    expect(keys.hostRecord(id).split('/')).toHaveLength(5);
  }
  expect(keys.hostIdOf(`${keys.hostRecords}07/%E0%A4%A`)).toBe('%E0%A4%A');
});

test('hosts and documents are spread evenly over their groups', () => {
  const spread = (groupOf: (key: string) => string) => {
    const counts = Map.groupBy(
      Array.from({ length: 3_200 }, (_, n) => groupOf(`host-${n}`)),
      (group) => group,
    );
    return [...counts.values()].map((list) => list.length);
  };
  expect(spread(hostGroup)).toHaveLength(32);
  expect(spread(documentGroup)).toHaveLength(16);
  expect(Math.max(...spread(hostGroup))).toBeLessThan(150);
});
