import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { structureOf } from '../../../dns/wire/read/structure.ts';
import { bytes, queryOf } from './messages.ts';

const HEADER = '1234 0100 0001 0000 0000 0000';

const REPLY = '1234 8180 0001 0001 0000 0000 0161 00 0001 0001';

describe('structureOf()', () => {
  test('reads a question with its letter case, and the payload size', () => {
    expect(structureOf(queryOf({ name: 'WeB.Shop', opt: {} }))).toEqual({
      question: { name: 'WeB.Shop', type: 1, class: 1, end: 26 },
      opt: { payloadSize: 1232, version: 0 },
      opts: 1,
    });
  });

  test('a dot inside a label is not a dot between labels', () => {
    expect(structureOf(bytes(`${HEADER} 03 612e62 01 5c 00 0001 0001`))?.question?.name).toBe('a\\.b.\\\\');
  });

  test('names over several pointers are complete', () => {
    const message = bytes(`1234 8180 0001 0002 0000 0000 0161 00 0001 0001
      0162 c00c 0010 0001 00000000 0000
      0163 c013 0005 0001 00000000 0002 c013`);
    expect(structureOf(message)).not.toBeNull();
  });

  test('a pointer may lead into data that does not change', () => {
    const message = bytes(`1234 8180 0001 0002 0000 0000 0161 00 0001 0001
      c00c 0010 0001 00000000 0003 016200
      c01f 0010 0001 00000000 0000`);
    expect(structureOf(message)).not.toBeNull();
  });

  test.each([
    ['no header', '1234 0100 0001'],
    ['no question although one is announced', HEADER],
    ['a label beyond the end', `${HEADER} 3f 61 00 0001 0001`],
    ['no type', `${HEADER} 01 61 00`],
    ['a pointer to itself', `${HEADER} c00c 0001 0001`],
    ['a pointer forwards', `${HEADER} c00e 0161 00 0001 0001`],
    ['a pointer into the header', `${HEADER} c000 0001 0001`],
    ['a pointer to labels that run on to the pointer', `${HEADER} 0161 c00c 0001 0001`],
    ['a reserved label type', `${HEADER} 41 61 00 0001 0001`],
    ['a name of more than 255 bytes', `${HEADER} ${`3f${'61'.repeat(63)}`.repeat(4)} 00 0001 0001`],
    ['a text of TXT beyond its data', `${REPLY} c00c 0010 0001 00000000 0002 0261`],
    ['a text of SPF beyond its data', `${REPLY} c00c 0063 0001 00000000 0002 0261`],
    ['a tag of CAA beyond its data', `${REPLY} c00c 0101 0001 00000000 0003 000261`],
    ['CAA without a tag length', `${REPLY} c00c 0101 0001 00000000 0001 00`],
    ['DNSKEY without an algorithm', `${REPLY} c00c 0030 0001 00000000 0003 010003`],
    ['a pointer to the class of the question', `${REPLY} c012 0010 0001 00000000 0000`],
    [
      'a pointer to a TTL',
      `${REPLY} c00c 0010 0001 01610000 0000 c019 0010 0001 00000000 0000`.replace('0001 0000', '0002 0000'),
    ],
    [
      'a pointer to an address',
      `${REPLY} c00c 0001 0001 00000000 0004 01610000 c01f 0010 0001 00000000 0000`.replace('0001 0000', '0002 0000'),
    ],
    [
      'a pointer to data that runs on behind it',
      `${REPLY} c00c ff00 0001 00000000 0001 0c c01f 0010 0001 00000000 0000 00`.replace('0001 0000', '0002 0000'),
    ],
    ['a record longer than the message', `${HEADER.slice(0, -4)}0001 01 61 00 0001 0001 00 0029 0200 00000000 0009 00`],
    [
      'a name that runs out of its record',
      `${HEADER.slice(0, -4)}0001 01 61 00 0001 0001 00 0005 0001 00000000 0002 0161 00`,
    ],
    ['an IPv4 address of three bytes', `${REPLY} c00c 0001 0001 00000000 0003 0a0000`],
    ['an IPv6 address of four', `${REPLY} c00c 001c 0001 00000000 0004 0a000001`],
    ['a text that runs out of its record', `${REPLY} c00c 0010 0001 00000000 0003 036161`],
    ['an alias with an empty target', `${REPLY} c00c 0005 0001 00000000 0000 00`],
    ['an alias with extra bytes', `${REPLY} c00c 0005 0001 00000000 0003 c00c00`],
    ['an SOA without numbers', `${REPLY} c00c 0006 0001 00000000 0004 c00cc00c`],
    ['an SOA with too many numbers', `${REPLY} c00c 0006 0001 00000000 0019 c00cc00c ${'00'.repeat(21)}`],
    [
      'a second name of an SOA that does',
      `${HEADER.slice(0, -4)}0001 01 61 00 0001 0001 00 0006 0001 00000000 0002 00 01 61 00`,
    ],
  ])('%s: broken', (_, text) => {
    expect(structureOf(bytes(text))).toBeNull();
  });

  test('any bytes, and any changed bytes of a good message: a verdict, never an exception', () => {
    const good = queryOf({ name: 'log.web.shop.rancher.internal', opt: {} });
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), changes), (given) => {
        const message = Buffer.from(given instanceof Uint8Array ? given : good);
        if (!(given instanceof Uint8Array)) for (const [at, value] of given) message[at] = value;
        structureOf(message);
      }),
      { numRuns: 3_000 },
    );
    expect(structureOf(good)).not.toBeNull();
  });
});
