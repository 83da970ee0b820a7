import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DamageError,
  decodeBucket,
  decodeJson,
  encodeJson,
  encodeNotice,
  newFlags,
  parseNotice,
  parsePointer,
} from '../../../bus/consul/convert.ts';
import { documentGroup, hostGroup, keysOf } from '../../../bus/consul/keys.ts';
import { backoffMs, createPace } from '../../../bus/consul/pace.ts';
import { consulSchema } from '../../../bus/consul/schema.ts';

test('decodeJson() gives what encodeJson() took, whatever else the flags hold', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as never;
      const { value: bytes, flags } = encodeJson(json);
      expect(decodeJson({ value: bytes, flags: newFlags(flags) })).toEqual(json);
    }),
  );
});

test('short values can be read by people, long ones are deflated', () => {
  expect(encodeJson({ hostId: 'a' }).value.toString()).toBe('{"hostId":"a"}');
  expect(encodeJson({ text: 'x'.repeat(5_000) }).value.length).toBeLessThan(100);
});

test('bytes of others are told from ours', () => {
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
      parseNotice(stored.value);
    }),
  );
});

test('a notice names a power of two of buckets, some empty', () => {
  const tokens = ['AAAAAAAAAAAA', null, 'b_-BBBBBBBBB', 'AAAAAAAAAAAA'];
  expect(parseNotice(encodeNotice(tokens))).toEqual(tokens);
  for (const text of ['', '1', '1 x', '2 -', '1 - - -', '1 AAAAAAAAAAAA '])
    expect(parseNotice(Buffer.from(text))).toBeNull();
});

test('keys of hosts and documents are found again, whatever is in them', () => {
  const keys = keysOf('drover', 'a/b c');
  for (const id of ['host-1', 'a/b', '%41', 'ü ☃', '%']) {
    expect(keys.hostIdOf(keys.notice(id))).toBe(id);
    expect(keys.hostIdOfFacts(`${keys.factsOf(id)}token`)).toBe(id);
    expect(keys.documentKeyOf(keys.document(id))).toBe(id);
    expect(keys.notice(id).split('/')).toHaveLength(5);
  }
  expect(keys.hostIdOf(`${keys.notices}07/%E0%A4%A`)).toBe('%E0%A4%A');
});

test('hosts and documents spread evenly over their groups', () => {
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

test('backoff doubles from 0.2 s to 5 s, spread by half, for ever', () => {
  expect([0, 1, 2, 3, 4, 5, 1_000_000].map((n) => backoffMs(n, 1))).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
  expect(backoffMs(3, 0)).toBe(800);
});

test('a pace lets a burst through and then so much a second', () => {
  const pace = createPace({ burst: 10, perSecond: 100 });
  expect([5, 5].map((cost) => pace.delayMs(cost, 0))).toEqual([0, 0]);
  expect(pace.delayMs(10, 0)).toBe(100);
  expect(pace.delayMs(1, 10_000)).toBe(0);
});

test('options: addresses in one form, errors that say what to write', () => {
  expect(consulSchema.parse({}).address).toEqual(['http://127.0.0.1:8500']);
  expect(consulSchema.parse({ address: 'consul.example.com' }).address).toEqual(['http://consul.example.com:8500']);
  expect(consulSchema.parse({ address: ['https://[::1]:8501', '10.0.0.1:80'] }).address).toEqual([
    'https://[::1]:8501',
    'http://10.0.0.1',
  ]);
  expect(() => consulSchema.parse({ address: 'ftp://x' })).toThrow('is not an address of Consul');
  expect(() => consulSchema.parse({ sessionTtlSeconds: 9 })).toThrow();
  expect(() => consulSchema.parse({ certFile: '/x' })).toThrow('certFile and keyFile go together');
  expect(() => consulSchema.parse({ adress: 'x' })).toThrow('adress');
});
