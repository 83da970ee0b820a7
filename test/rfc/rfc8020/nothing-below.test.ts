import { expect } from 'vitest';
import { addresses, expectNegative } from '../expectations.ts';
import { noData, noSuchName, withAddress } from '../servers/behaviours.ts';
import { describeRfc } from '../suite.ts';
import { TYPE } from '../wire/codes.ts';
import { ZONE } from '../zone/zone.ts';

const ours = { role: 'authoritative' } as const;
const outside = { role: 'forwarder' } as const;

describeRfc('RFC 8020', (check) => {
  check('§2', 'below a missing name no name exists', ours, async ({ ask }) => {
    for (const owner of ['nosuch', 'a.nosuch', 'a.b.nosuch', 'web.nosuch', 'a.web.shop', 'a.b.shop']) {
      expectNegative(await ask(`${owner}.${ZONE}`), 'NXDOMAIN');
    }
  });

  check('§2', 'above an existing name every name exists, up to the zone: NODATA', ours, async ({ ask }) => {
    for (const owner of [`shop.${ZONE}`, ZONE]) {
      for (const type of [TYPE.A, TYPE.AAAA, TYPE.TXT]) expectNegative(await ask(owner, { type }), 'NOERROR');
    }
  });

  check('§2', 'names between an SRV record and its service exist', { ...ours, needs: ['srv'] }, async ({ ask }) => {
    expectNegative(await ask(`_tcp.web.shop.${ZONE}`), 'NOERROR');
    expectNegative(await ask(`_udp.web.shop.${ZONE}`), 'NXDOMAIN');
  });

  check('§2', 'names between a PTR record and its zone exist', ours, async ({ ask }) => {
    expectNegative(await ask('1.42.10.in-addr.arpa.', { type: TYPE.PTR }), 'NOERROR');
  });

  check(
    '§2',
    'NODATA of an upstream for an empty non-terminal does not hide the names below it',
    outside,
    async (on) => {
      on.upstream.script('between.upstream.example.', noData());
      on.upstream.script('below.between.upstream.example.', withAddress('198.51.100.60'));
      expectNegative(await on.ask('between.upstream.example.'), 'NOERROR');
      expect(addresses(await on.ask('below.between.upstream.example.'))).toEqual(['198.51.100.60']);
    },
  );

  check('§2', 'NXDOMAIN of an upstream does not affect sibling or parent names', outside, async (on) => {
    on.upstream.script('one.beside.upstream.example.', noSuchName());
    on.upstream.script('two.beside.upstream.example.', withAddress('198.51.100.61'));
    on.upstream.script('beside.upstream.example.', withAddress('198.51.100.62'));
    expectNegative(await on.ask('one.beside.upstream.example.'), 'NXDOMAIN');
    expect(addresses(await on.ask('two.beside.upstream.example.'))).toEqual(['198.51.100.61']);
    expect(addresses(await on.ask('beside.upstream.example.'))).toEqual(['198.51.100.62']);
  });
});
