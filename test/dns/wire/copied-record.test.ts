import { Packet } from 'dns2';
import { describe, expect, test } from 'vitest';
import { copyRecords } from '../../../dns/wire/read/copied-record.ts';
import { readQuery } from '../../../dns/wire/read/query.ts';
import { structureOf } from '../../../dns/wire/read/structure.ts';
import { encodeReply } from '../../../dns/wire/write/encode.ts';
import { domainRecord } from '../../../dns/wire/write/record.ts';
import { bytes, queryOf, wireName } from './messages.ts';

const { TYPE } = Packet;

/** An upstream's reply for www.example.com (name at offset 12) with the given records. */
function upstream(answers: readonly string[], authorities: readonly string[] = []): Buffer {
  const counts = [1, answers.length, authorities.length, 0] as const;
  const message = queryOf({
    flags: 0x8180,
    name: 'www.example.com',
    counts,
    tail: bytes([...answers, ...authorities].join('')),
  });
  expect(structureOf(message)).not.toBeNull();
  return message;
}

const ALIAS = 'c00c 0005 0001 0000003c 0006 03636462 c010';
const AT_CDN = 'c02d 0001 0001 0000001e 0004 c0000201';
const SOA = 'c010 0006 0001 00000e10 0018 c010 c010 00000001 00000002 00000003 00000004 00000005';

/** The copied records in our reply for an alias, decoded by dns2. */
function copied(message: Buffer) {
  const read = readQuery(queryOf({ name: 'host.ext' }));
  if (read.kind !== 'query') throw new Error('not a query');
  const { answers, authorities } = copyRecords(message);
  const own = domainRecord('host.ext', TYPE.CNAME, 1, 'WWW.example.com');
  const reply = { rcode: 0, authoritative: true, answers: [own, ...answers], authorities };
  const fit = { limitBytes: 65_535, transport: 'tcp', options: Buffer.alloc(0) } as const;
  const encoded = encodeReply(read.query, reply, fit);
  expect(structureOf(encoded)).not.toBeNull();
  return { encoded, packet: Packet.parse(encoded) };
}

describe('copyRecords()', () => {
  test('names are complete in the other message, and compressed there', () => {
    const { packet, encoded } = copied(upstream([ALIAS, AT_CDN, AT_CDN.replace('0201', '0202')], [SOA]));
    expect(packet.errors).toEqual([]);
    expect(packet.answers.map(({ name, ttl, domain, address }) => [name, ttl, domain ?? address])).toEqual([
      ['host.ext', 1, 'WWW.example.com'],
      ['WWW.example.com', 60, 'cdb.example.com'],
      ['cdb.example.com', 30, '192.0.2.1'],
      ['cdb.example.com', 30, '192.0.2.2'],
    ]);
    expect(packet.authorities[0]).toMatchObject({ name: 'example.com', primary: 'example.com', minimum: 5 });
    expect(encoded.toString('latin1').split('example').length - 1).toBeLessThanOrEqual(3);
  });

  test('a dot inside a label is kept', () => {
    const dotted = 'c00c 0005 0001 0000003c 0006 03 612e62 c010';
    const { encoded } = copied(upstream([dotted, 'c02d 0001 0001 0000001e 0004 c0000201']));
    expect(encoded.includes(Buffer.concat([bytes('03 612e62'), wireName('example.com')]))).toBe(true);
    expect(encoded.subarray(-4)).toEqual(bytes('c0000201'));
  });

  test.each([
    ['MX', TYPE.MX, '000a c010', '000a'],
    ['SRV', TYPE.SRV, '0001 0002 0003 c010', '000100020003'],
    ['NS', TYPE.NS, 'c010', ''],
    ['PTR', TYPE.PTR, 'c010', ''],
  ])('the name in %s is complete', (_, type, data, before) => {
    const size = (data.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0');
    const [record] = copyRecords(
      upstream([`c00c ${type.toString(16).padStart(4, '0')} 0001 0000003c ${size} ${data}`]),
    ).answers;
    expect(record?.data).toEqual(Buffer.concat([bytes(before), wireName('example.com')]));
  });

  test('other types unchanged; other classes and too many records are left out', () => {
    expect(copyRecords(upstream(['c00c ff00 0001 0000003c 0003 c00c01'])).answers[0]?.data).toEqual(bytes('c00c01'));
    expect(copyRecords(upstream(['c00c 0010 0003 0000003c 0002 0161'])).answers).toEqual([]);
    const many = copyRecords(upstream(new Array<string>(1_000).fill('c00c 0001 0001 0000003c 0004 c0000201')));
    expect(many.answers).toHaveLength(250);
  });
});
