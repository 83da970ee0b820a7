import { Packet } from 'dns2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_QUERY, type ReadResult, readQuery } from '../../../dns/wire/read/query.ts';
import { bytes, optionOf, optOf, queryOf } from './messages.ts';

const CLIENT_COOKIE = bytes('0102030405060708');

/** `query`, `drop`, or the name of the rcode, with `+opt` if the refusal has EDNS and `+question` if it repeats the question. */
function verdict(message: Buffer): string {
  const read = readQuery(message);
  if (read.kind !== 'refuse') return read.kind;
  const name = Object.entries(Packet.RCODE).find(([, code]) => code === read.rcode)?.[0] ?? '?';
  return `${name}${read.edns ? '+opt' : ''}${read.questionEnd > 12 ? '+question' : ''}`;
}

function cookie(size: number): Buffer {
  return optionOf(10, Buffer.alloc(size, 7));
}

describe('readQuery()', () => {
  const CASES: readonly (readonly [string, Buffer, string])[] = [
    ['a query', queryOf(), 'query'],
    ['the root', queryOf({ name: '' }), 'query'],
    ['EDNS', queryOf({ opt: {} }), 'query'],
    ['a reply', queryOf({ flags: 0x8100 }), 'drop'],
    ['eleven bytes', queryOf().subarray(0, 11), 'drop'],
    ['nothing', Buffer.alloc(0), 'drop'],
    ['all other bits of the header', queryOf({ flags: 0x07ff }), 'query'],
    [
      'records where none are usual',
      queryOf({ counts: [1, 0, 1, 0], tail: bytes('c00c 0006 0001 00000000 0000') }),
      'query',
    ],
    [
      'the longest name',
      queryOf({ name: `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}` }),
      'query',
    ],
    ['127 labels', queryOf({ name: Array.from({ length: 127 }, () => 'a').join('.') }), 'query'],

    ['a status request', queryOf({ flags: 0x1000 }), 'NOTIMP+question'],
    ['an update', queryOf({ flags: 0x2800, opt: {} }), 'NOTIMP+opt+question'],
    ['an unknown opcode, header only', queryOf({ flags: 0x7800, counts: [0, 0, 0, 0] }).subarray(0, 12), 'NOTIMP'],
    ['an unknown opcode, and random bytes', Buffer.concat([queryOf({ flags: 0x7800 }), Buffer.alloc(5_000)]), 'NOTIMP'],

    ['no question', queryOf({ counts: [0, 0, 0, 0] }).subarray(0, 12), 'FORMERR'],
    ['two questions', queryOf({ counts: [2, 0, 0, 0], tail: bytes('c00c 0001 0001') }), 'FORMERR'],
    ['65,535 questions', queryOf({ counts: [0xffff, 0, 0, 0] }), 'FORMERR'],
    ['fewer questions than announced', queryOf().subarray(0, 12), 'FORMERR'],
    ['fewer records than announced', queryOf({ counts: [1, 0, 0, 1] }), 'FORMERR'],
    ['more records than announced', queryOf({ counts: [1, 0, 0, 0], opt: {} }), 'FORMERR'],
    ['a byte too many', queryOf({ tail: Buffer.of(0) }), 'FORMERR'],
    ['half a type', queryOf().subarray(0, -3), 'FORMERR'],
    ['a label of 64', queryOf({ name: 'a'.repeat(64) }), 'FORMERR'],
    [
      'a name of 256',
      queryOf({ name: `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(62)}` }),
      'FORMERR',
    ],
    ['a pointer to itself', bytes('1234 0100 0001 0000 0000 0000 c00c 0001 0001'), 'FORMERR'],
    ['a pointer to its own beginning', bytes('1234 0100 0001 0000 0000 0000 0161 c00c 0001 0001'), 'FORMERR'],
    ['a pointer into the header', bytes('1234 0100 0001 0000 0000 0000 0161 c000 0001 0001'), 'FORMERR'],
    ['a reserved kind of label', bytes('1234 0100 0001 0000 0000 0000 4161 00 0001 0001'), 'FORMERR'],
    [
      'a record that points forwards',
      queryOf({ counts: [1, 0, 0, 1], tail: bytes('c0ff 0001 0001 00000000 0000') }),
      'FORMERR',
    ],
    ['longer than any query', queryOf({ opt: { options: optionOf(12, Buffer.alloc(MAX_QUERY)) } }), 'FORMERR'],
    ['as long as a query may be', queryOf({ opt: { options: optionOf(12, Buffer.alloc(MAX_QUERY - 58)) } }), 'query'],

    ['EDNS 1', queryOf({ opt: { version: 1 } }), 'BADVERS+opt+question'],
    [
      'EDNS 255 with options that are broken',
      queryOf({ opt: { version: 255, options: bytes('000a ffff') } }),
      'BADVERS+opt+question',
    ],
    ['two OPT records', queryOf({ opt: {}, counts: [1, 0, 0, 2], tail: optOf() }), 'FORMERR'],
    ['an OPT record among the answers', queryOf({ opt: {}, counts: [1, 1, 0, 0] }), 'FORMERR'],
    ['an OPT record with a name', queryOf({ opt: { owner: bytes('016100') } }), 'FORMERR'],
    [
      'an option longer than the record',
      queryOf({ opt: { options: bytes('0008 0003 0000') } }),
      'FORMERR+opt+question',
    ],
    ['half an option', queryOf({ opt: { options: bytes('0008') } }), 'FORMERR+opt+question'],
    ['an unknown option', queryOf({ opt: { options: optionOf(65_001, Buffer.alloc(5)) } }), 'query'],
    ...[0, 7, 9, 15, 41].map(
      (n) =>
        [`a cookie of ${n}`, queryOf({ opt: { options: cookie(n) } }), 'FORMERR+opt+question'] as [
          string,
          Buffer,
          string,
        ],
    ),
    ...[8, 16, 24, 40].map(
      (n) => [`a cookie of ${n}`, queryOf({ opt: { options: cookie(n) } }), 'query'] as [string, Buffer, string],
    ),
    ['only a cookie', queryOf({ counts: [0, 0, 0, 1], opt: { options: cookie(8) } }), 'FORMERR'],
    [
      'only a cookie, no question',
      Buffer.concat([queryOf({ counts: [0, 0, 0, 1] }).subarray(0, 12), optOf({ options: cookie(8) })]),
      'cookie',
    ],
    ['only EDNS', Buffer.concat([queryOf({ counts: [0, 0, 0, 1] }).subarray(0, 12), optOf()]), 'FORMERR+opt'],

    ...[0, 3, 4, 254, 255].map(
      (of) => [`class ${of}`, queryOf({ class: of }), 'NOTIMP+question'] as [string, Buffer, string],
    ),
    ...[1, 28, 33, 64, 65, 127, 255, 256, 257, 65_280, 65_535].map(
      (type) => [`type ${type}`, queryOf({ type }), 'query'] as [string, Buffer, string],
    ),
    ...[0, 41, 128, 250].map(
      (type) =>
        [`type ${type}, which may not be queried`, queryOf({ type }), 'FORMERR+question'] as [string, Buffer, string],
    ),
    ...[251, 252].map(
      (type) => [`type ${type}, a transfer`, queryOf({ type }), 'REFUSED+question'] as [string, Buffer, string],
    ),
    ...[129, 200, 249, 253, 254].map(
      (type) => [`type ${type}, something else`, queryOf({ type }), 'NOTIMP+question'] as [string, Buffer, string],
    ),
  ];
  test.each(CASES.map(([what, message, expected]) => ({ what, message, expected })))(
    '$what -> $expected',
    ({ message, expected }) => {
      expect(verdict(message)).toBe(expected);
    },
  );

  test('returns the parts that the reply repeats, and the client’s EDNS data', () => {
    const options = Buffer.concat([
      optionOf(8, Buffer.alloc(6)),
      optionOf(11, Buffer.alloc(0)),
      optionOf(10, CLIENT_COOKIE),
      cookie(9),
    ]);
    const message = queryOf({ name: 'WeB.Shop', opt: { payloadSize: 4096, dnssecOk: true, options } });
    expect(readQuery(message)).toEqual({
      kind: 'query',
      query: {
        bytes: message,
        questionEnd: 26,
        name: 'WeB.Shop',
        type: 1,
        edns: { payloadSize: 4096, dnssecOk: true, cookie: CLIENT_COOKIE, keepAlive: true },
      },
    });
  });

  test('a keepalive option with a timeout is ignored in a query [RFC 7828 §3.2.1]', () => {
    const read = readQuery(queryOf({ opt: { options: optionOf(11, Buffer.of(0, 100)) } }));
    expect(read.kind === 'query' && read.query.edns?.keepAlive).toBe(false);
  });

  test('a dot inside a label is not a dot between labels', () => {
    const read = readQuery(bytes('1234 0100 0001 0000 0000 0000 03 612e62 01 5c 00 0001 0001'));
    expect(read.kind === 'query' && read.query.name).toBe('a\\.b.\\\\');
  });

  test('any bytes, and any changed byte of a good query: a verdict, never an exception, and repeatable', () => {
    const good = queryOf({ opt: { options: Buffer.concat([cookie(24), optionOf(11, Buffer.alloc(0))]) } });
    const changed = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const copy = Buffer.from(good);
        for (const [at, value] of changes) copy[at] = value;
        return copy;
      });
    const noise = fc.uint8Array({ maxLength: 600 }).map((given) => Buffer.from(given));
    fc.assert(
      fc.property(fc.oneof(changed, noise), (message) => {
        const read = readQuery(message);
        expect(readQuery(message)).toEqual(read);
        assertRepeatable(message, read);
      }),
      { numRuns: 3_000 },
    );
  });
});

function assertRepeatable(message: Buffer, read: ReadResult): void {
  if (read.kind === 'refuse') expect(read.questionEnd).toBeLessThanOrEqual(message.length);
  if (read.kind !== 'query') return;
  expect(read.query.questionEnd).toBeLessThanOrEqual(message.length);
  // dns2 confuses dots within labels with dots between labels.
  if (!read.query.name.includes('\\')) expect(Packet.parse(message).questions[0]?.name).toBe(read.query.name);
}
