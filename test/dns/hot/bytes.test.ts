import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TYPE } from '../../../dns/wire/codes.ts';
import { viewOf } from '../../../view/index.ts';
import { container, declaration, snapshot } from '../../view/world.ts';
import { createPaths } from './paths.ts';
import { queryOf, sameWhicheverIsFirst } from './queries.ts';

const containers = ['1', '2', '3'].map((n) => container(`web-${n}`, 'shop/web', `10.42.1.${n}`));
const declarations = [declaration('shop/www', { kind: 'externalService', hostname: 'web.shop.rancher.internal.' })];
const view = viewOf(snapshot({ containers, declarations }), 'a');
const NAMES = ['web.shop.rancher.internal', 'www.shop.rancher.internal', 'no.rancher.internal', 'web-1', 'web.shop'];
const FROM = '10.42.1.1';

const anyQuery = fc
  .record({
    name: fc.constantFrom(...NAMES),
    type: fc.oneof(fc.constantFrom(TYPE.A, TYPE.AAAA), fc.nat(300)),
    edns: fc.option(fc.record({ payload: fc.constantFrom(0, 512, 1_232), dnssecOk: fc.boolean() }), { nil: undefined }),
  })
  .map(({ name, type, edns }) => queryOf(name, type, edns ? { edns } : {}));

/** Queries with few changes: nearly correct messages reach the deepest code. */
const anyBroken = fc
  .tuple(
    anyQuery,
    fc.array(fc.tuple(fc.nat(59), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 63, 64, 0xc0, 0xff))), { maxLength: 2 }),
    fc.constantFrom(0, 0, 0, 0, 1, 11, -1, -11),
  )
  .map(([query, changes, more]) => {
    const bytes = more >= 0 ? Buffer.concat([query, Buffer.alloc(more)]) : Buffer.from(query.subarray(0, more));
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  });

test('random bytes never throw, never write outside the buffer, and get the reply of the general path if any', () => {
  const paths = createPaths(() => view);
  let answered = 0;
  let left = 0;
  fc.assert(
    fc.property(fc.oneof(anyBroken, anyBroken, fc.uint8Array({ maxLength: 600 }).map(Buffer.from)), (bytes) => {
      const reply = paths.answerHot(bytes, FROM);
      if (reply === null) left += 1;
      if (reply === null) return;
      answered += 1;
      const { reply: expected, details } = paths.answerGeneral(bytes, FROM);
      if (!expected) throw new Error('only the hot path has an answer');
      const same = (one: Buffer) => sameWhicheverIsFirst(one, details.resolution);
      if (!reply.equals(expected)) expect(same(reply)).toBe(same(expected));
    }),
    { numRuns: 10_000 },
  );
  expect(paths.hot.stats().faults).toBe(0);
  expect(answered).toBeGreaterThan(500);
  expect(left).toBeGreaterThan(1_000);
});

/** Each is a plain query with one change. */
test.each<[string, (query: Buffer) => void]>([
  ['the message is a reply', (query) => query.writeUInt8(0x81, 2)],
  ['another opcode', (query) => query.writeUInt8(0x11, 2)],
  ['TC', (query) => query.writeUInt8(0x03, 2)],
  ['RA', (query) => query.writeUInt8(0x80, 3)],
  ['two questions', (query) => query.writeUInt16BE(2, 4)],
  ['the header counts an answer', (query) => query.writeUInt16BE(1, 6)],
  ['the header counts an authority', (query) => query.writeUInt16BE(1, 8)],
  ['another class', (query) => query.writeUInt16BE(3, query.length - 11 - 2)],
  ['a type from 256 on', (query) => query.writeUInt16BE(257, query.length - 11 - 4)],
  ['a type that is not a question type', (query) => query.writeUInt16BE(41, query.length - 11 - 4)],
  ['ANY', (query) => query.writeUInt16BE(255, query.length - 11 - 4)],
  ['the header counts two additional records', (query) => query.writeUInt16BE(2, 10)],
  ['an additional record that the header does not count', (query) => query.writeUInt16BE(0, 10)],
  ['an additional record other than OPT', (query) => query.writeUInt16BE(1, query.length - 10)],
  ['an OPT record with a name', (query) => query.writeUInt8(1, query.length - 11)],
  ['another version of EDNS', (query) => query.writeUInt8(1, query.length - 5)],
  ['unknown EDNS flags', (query) => query.writeUInt16BE(0x8001, query.length - 4)],
  ['an EDNS option', (query) => query.writeUInt16BE(4, query.length - 2)],
])('left to the general path: %s', (_, change) => {
  const paths = createPaths(() => view);
  const query = queryOf('web.shop.rancher.internal', TYPE.A, { edns: { payload: 1_232, dnssecOk: true } });
  expect(paths.answerHot(query, FROM)).not.toBeNull();
  const changed = Buffer.from(query);
  change(changed);
  expect(paths.answerHot(changed, FROM)).toBeNull();
});

test('a dot within a label does not separate labels', () => {
  const paths = createPaths(() => view);
  const query = queryOf('web-shop.rancher.internal', TYPE.A);
  query.write('.', 12 + 4, 'latin1');
  expect(paths.answerHot(query, FROM)).toBeNull();
});
