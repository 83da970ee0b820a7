import { Packet } from 'dns2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readQuery } from '../../dns/wire/query.ts';
import { structureOf } from '../../dns/wire/structure.ts';
import { queryFor } from './wire.ts';

function bytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
}

const HEADER = '1234 0100 0001 0000 0000 0000';

describe('structureOf()', () => {
  test('reads a question with its case, and the size the client takes', () => {
    const found = structureOf(queryFor('WeB.Shop', { edns: 1232 }));
    expect(found).toEqual({
      question: { name: 'WeB.Shop', type: 1, class: 1, end: 26 },
      opt: { payloadSize: 1232, version: 0 },
      opts: 1,
    });
  });

  test('a dot inside a label is not a dot between labels', () => {
    expect(structureOf(bytes(`${HEADER} 03 612e62 01 5c 00 0001 0001`))?.question?.name).toBe('a\\.b.\\\\');
  });

  test.each([
    ['no header', '1234 0100 0001'],
    ['no question although one is announced', HEADER],
    ['a label beyond the end', `${HEADER} 3f 61 00 0001 0001`],
    ['no type', `${HEADER} 01 61 00`],
    ['a pointer to itself', `${HEADER} c00c 0001 0001`],
    ['a pointer forwards', `${HEADER} c00e 0161 00 0001 0001`],
    ['a pointer into the header', `${HEADER} c000 0001 0001`],
    ['a reserved label type', `${HEADER} 41 61 00 0001 0001`],
    ['a name of more than 255 bytes', `${HEADER} ${`3f${'61'.repeat(63)}`.repeat(4)} 00 0001 0001`],
    ['a record longer than the message', `${HEADER.slice(0, -4)}0001 01 61 00 0001 0001 00 0029 0200 00000000 0009 00`],
    [
      'a name that runs out of its record',
      `${HEADER.slice(0, -4)}0001 01 61 00 0001 0001 00 0005 0001 00000000 0002 0161 00`,
    ],
  ])('%s: broken', (_, text) => {
    expect(structureOf(bytes(text))).toBeNull();
  });

  test('any bytes: a verdict, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (given) => {
        structureOf(Buffer.from(given));
        readQuery(Buffer.from(given));
      }),
      { numRuns: 10_000 },
    );
  });

  test('what dns2 makes is always sound, and any byte of it may change', () => {
    const good = queryFor('log.web.shop.rancher.internal', { edns: 4096 });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(good);
        changed[at] = value;
        structureOf(changed);
      }),
      { numRuns: 3_000 },
    );
    expect(structureOf(good)).not.toBeNull();
  });

  test('the worst message costs no more than its length: thousands of names through long chains of pointers', () => {
    const chain = Buffer.alloc(12 + 5 + 63 * 2);
    bytes('1234 0100 0001 ffff ffff ffff 00 0001 0001').copy(chain);
    for (let n = 0; n < 63; n += 1) chain.writeUInt16BE(0xc000 | (n === 0 ? 12 : 17 + (n - 1) * 2), 17 + n * 2);
    const record = Buffer.from([0xc0, 17 + 62 * 2, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    const message = Buffer.concat([chain, ...new Array<Buffer>(5_000).fill(record)]);
    const times = [1, 2, 3].map(() => {
      const start = performance.now();
      structureOf(message);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(200);
  });
});

describe('readQuery()', () => {
  const changed = (change: (query: Buffer) => void, edns?: number): Buffer => {
    const query = queryFor('web', edns === undefined ? {} : { edns });
    change(query);
    return query;
  };

  function twoOpts(): Buffer {
    const query = Buffer.concat([queryFor('web', { edns: 1232 }), bytes('00 0029 0200 00000000 0000')]);
    query.writeUInt16BE(2, 10);
    return query;
  }

  test.each<[string, Buffer, string]>([
    ['a query', queryFor('web'), 'query'],
    ['too short', Buffer.from([1, 2, 3]), 'drop'],
    ['a reply', changed((query) => query.writeUInt8(0x81, 2)), 'drop'],
    ['a status request', changed((query) => query.writeUInt8(0x10, 2)), 'NOTIMP'],
    ['no question', changed((query) => query.writeUInt16BE(0, 4)), 'FORMERR'],
    ['two questions', changed((query) => query.writeUInt16BE(2, 4)), 'FORMERR'],
    ['another class', changed((query) => query.writeUInt16BE(3, 19)), 'NOTIMP'],
    ['ANY', queryFor('web', { type: Packet.TYPE.ANY }), 'NOTIMP'],
    ['AXFR', queryFor('web', { type: Packet.TYPE.AXFR }), 'NOTIMP'],
    ['EDNS 1', changed((query) => query.writeUInt8(1, 21 + 6), 1232), 'BADVERS'],
    ['two OPT records', twoOpts(), 'FORMERR'],
    ['longer than any query', Buffer.concat([queryFor('web'), Buffer.alloc(5_000)]), 'FORMERR'],
  ])('%s -> %s', (_, query, expected) => {
    const read = readQuery(query);
    const rcode =
      read.kind === 'refuse' ? Object.entries(Packet.RCODE).find(([, code]) => code === read.rcode)?.[0] : null;
    expect(rcode ?? read.kind).toBe(expected);
  });
});
