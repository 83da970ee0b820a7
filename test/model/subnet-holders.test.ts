import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cidr, cidrsOverlap, parseIpv4Cidr, SubnetHolders } from '../../model/index.ts';

const cidr = (text: string): Cidr => parseIpv4Cidr(text) as Cidr;

/** Few enough that many of them overlap. */
const subnets = fc
  .tuple(fc.constantFrom(0, 10, 255), fc.nat(3), fc.nat(3), fc.constantFrom(0, 1, 8, 15, 16, 24, 30, 31, 32))
  .map(([a, b, c, length]) => {
    const number = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + 5;
    const first = Math.floor(number / 2 ** (32 - length)) * 2 ** (32 - length);
    return cidr(`${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${length}`);
  });

test('holderOf() finds a holder of an overlapping subnet if there is one, as comparing with each one does', () => {
  const holder = fc.constantFrom('a', 'b', 'c');
  const steps = fc.array(fc.tuple(fc.boolean(), subnets, holder), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (list) => {
      const holders = new SubnetHolders();
      const added: (readonly [Cidr, string])[] = [];
      for (const [isQuestion, subnet, who] of list) {
        if (isQuestion) {
          const rivals = added.filter(([other, name]) => name !== who && cidrsOverlap(other, subnet));
          const found = holders.holderOf(subnet, who);
          expect(rivals.length === 0 ? [null] : rivals.map(([, name]) => name)).toContain(found);
        } else {
          holders.add(subnet, who);
          added.push([subnet, who]);
        }
      }
    }),
    { seed: 3, numRuns: 500 },
  );
});
