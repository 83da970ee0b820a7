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

/** Few bytes changed, some cut off or added: what is nearly right goes deepest. */
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

test('bytes of any kind: no throw, nothing written outside, and what is answered is what the general path says', () => {
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

/** The path a message takes has to follow from the message: each of these is a plain query with one thing changed. */
test.each<[string, (query: Buffer) => void]>([
  ['it is a reply', (query) => query.writeUInt8(0x81, 2)],
  ['another opcode', (query) => query.writeUInt8(0x11, 2)],
  ['TC', (query) => query.writeUInt8(0x03, 2)],
  ['RA', (query) => query.writeUInt8(0x80, 3)],
  ['two questions', (query) => query.writeUInt16BE(2, 4)],
  ['an answer is announced', (query) => query.writeUInt16BE(1, 6)],
  ['an authority is announced', (query) => query.writeUInt16BE(1, 8)],
  ['another class', (query) => query.writeUInt16BE(3, query.length - 11 - 2)],
  ['a type from 256 on', (query) => query.writeUInt16BE(257, query.length - 11 - 4)],
  ['a type that is no question', (query) => query.writeUInt16BE(41, query.length - 11 - 4)],
  ['ANY', (query) => query.writeUInt16BE(255, query.length - 11 - 4)],
  ['two additional records are announced', (query) => query.writeUInt16BE(2, 10)],
  ['no additional record is announced, but one is there', (query) => query.writeUInt16BE(0, 10)],
  ['the additional record is no OPT', (query) => query.writeUInt16BE(1, query.length - 10)],
  ['the OPT has a name', (query) => query.writeUInt8(1, query.length - 11)],
  ['another version of EDNS', (query) => query.writeUInt8(1, query.length - 5)],
  ['flags of EDNS that nobody knows', (query) => query.writeUInt16BE(0x8001, query.length - 4)],
  ['an option is announced', (query) => query.writeUInt16BE(4, query.length - 2)],
])('left to the general path: %s', (_, change) => {
  const paths = createPaths(() => view);
  const query = queryOf('web.shop.rancher.internal', TYPE.A, { edns: { payload: 1_232, dnssecOk: true } });
  expect(paths.answerHot(query, FROM)).not.toBeNull();
  const changed = Buffer.from(query);
  change(changed);
  expect(paths.answerHot(changed, FROM)).toBeNull();
});

test('a dot within a label is not two labels', () => {
  const paths = createPaths(() => view);
  const query = queryOf('web-shop.rancher.internal', TYPE.A);
  query.write('.', 12 + 4, 'latin1');
  expect(paths.answerHot(query, FROM)).toBeNull();
});
