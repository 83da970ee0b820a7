import { expect, test } from 'vitest';
import { parseIpv4Cidr } from '../../../model/index.ts';

test('parseIpv4Cidr() takes canonical IPv4 ranges', () => {
  expect(parseIpv4Cidr('10.42.0.0/16')).toEqual({
    family: 4,
    first: 0x0a2a0000n,
    prefixLength: 16,
    text: '10.42.0.0/16',
  });
});

test.each(['', 'default', '10.42.0.0', '10.42.0.1/24', 'fe80::/64', '::ffff:10.42.0.0/112'])(
  'parseIpv4Cidr(%o) is null',
  (text) => expect(parseIpv4Cidr(text)).toBeNull(),
);
