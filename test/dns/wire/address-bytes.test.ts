import { isIPv4, isIPv6 } from 'node:net';
import { Packet } from 'dns2';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeIpv4, writeIpv6 } from '../../../dns/wire/address-bytes.ts';

function written(text: string): string | null {
  const bytes = Buffer.alloc(20, 0xee);
  const isV4 = text.includes('.');
  const ok = isV4 ? writeIpv4(text, bytes, 2) : writeIpv6(text, bytes, 2);
  const size = isV4 ? 4 : 16;
  // Bytes outside are never written.
  expect([bytes.subarray(0, 2), bytes.subarray(2 + size)].every((part) => part.every((byte) => byte === 0xee))).toBe(
    true,
  );
  return ok ? bytes.subarray(2, 2 + size).toString('hex') : null;
}

test('IPv4: all octets, and no text that is not an address', () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      const octets = text.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
      expect(written(text)).toBe(octets.join(''));
    }),
  );
  for (const text of ['.', '1.2.3', '1.2.3.', '1.2.3.4.5', '1.2.3.256', '1..2.3', '1.2.3.a', '-1.2.3.4', '1.2.3.4 ']) {
    expect(written(text)).toBeNull();
  }
});

test('IPv6: the same bytes as dns2, and no text that is not an address', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      fc.pre(!text.includes('.'));
      const { address } = Packet.Resource.parse(
        Buffer.concat([
          Buffer.from('00001c00010000000000 10'.replace(' ', ''), 'hex'),
          Buffer.from(written(text) ?? '', 'hex'),
        ]),
      );
      expect(
        Packet.fromIPv6(address ?? '')
          .map((part) => part.padStart(4, '0'))
          .join(''),
      ).toBe(written(text));
      expect(written(text)).toBe(
        Packet.fromIPv6(text)
          .map((part) => part.padStart(4, '0'))
          .join(''),
      );
    }),
    { numRuns: 500 },
  );
  expect(written('::')).toBe('0'.repeat(32));
  expect(written('1::')).toBe(`0001${'0'.repeat(28)}`);
  expect(written('::1')).toBe(`${'0'.repeat(28)}0001`);
  expect(written('1:2:3:4:5:6:7::')).toBe('00010002000300040005000600070000');
});

test('any text: the same verdict as Node, except for dotted IPv6', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('0', '1', 'f', 'F', 'g', ':', '::', '.', '25', '255') }), (text) => {
      const isAddress = text.includes('.') ? isIPv4(text) : isIPv6(text);
      if (isAddress) expect(written(text)).not.toBeNull();
      else if (!/(^|\.)0\d/.test(text)) expect(written(text)).toBeNull();
    }),
    { numRuns: 4_000 },
  );
});
