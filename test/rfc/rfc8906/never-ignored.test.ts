import { expect } from 'vitest';
import { addresses, expectNegative } from '../expectations.ts';
import { describeRfc } from '../suite.ts';
import type { QueryParts } from '../wire/build.ts';
import { option } from '../wire/build.ts';
import { FLAG, OPTION, TYPE } from '../wire/codes.ts';
import { ZONE } from '../zone/zone.ts';

const WEB = `web.shop.${ZONE}`;
const web = ['10.42.1.1', '10.42.1.2', '10.42.1.3'];
const ours = { role: 'authoritative' } as const;
const any = { role: 'both' } as const;
const DO = 0x8000;
const UNKNOWN = [option(100, Buffer.from('?'))];

/** The queries of §8.2 that must be answered as if the unknown part were absent. */
const PLAIN: readonly (readonly [string, string, QueryParts])[] = [
  ['§8.2.1', 'plain EDNS', { edns: {} }],
  ['§8.2.3', 'an unknown option', { edns: { options: UNKNOWN } }],
  ['§8.2.4', 'an unknown EDNS flag', { edns: { flags: 0x40 } }],
  ['§8.2.8', 'DNSSEC requested', { edns: { flags: DO } }],
  ['§8.2.10', 'several options at once', { edns: { options: severalOptions() } }],
];

describeRfc('RFC 8906', (check) => {
  check('§8.1.1', 'a plain query for the SOA of the zone is answered', ours, async ({ ask }) => {
    expect(await ask(ZONE, { type: TYPE.SOA })).toMatchObject({ rcode: 'NOERROR', aa: true, opt: null });
  });

  check('§8.1.2', 'an unknown type is NODATA', ours, async ({ ask }) => {
    for (const type of [1_000, 65_534]) {
      const reply = await ask(ZONE, { type });
      expectNegative(reply, 'NOERROR');
      expect(reply).toMatchObject({ aa: true, answers: [] });
    }
  });

  check('§8.1.3.1', 'CD in a query is accepted', ours, async ({ ask }) => {
    expect(addresses(await ask(WEB, { flags: FLAG.RD | FLAG.CD }))).toEqual(web);
  });

  check('§8.1.3.2', 'AD in a query is accepted, and clear in the reply', ours, async ({ ask }) => {
    const reply = await ask(WEB, { flags: FLAG.RD | FLAG.AD });
    expect(addresses(reply)).toEqual(web);
    expect(reply.ad).toBe(false);
  });

  check('§8.1.3.3', 'the reserved bit in a query is accepted, and clear in the reply', ours, async ({ ask }) => {
    const reply = await ask(WEB, { flags: FLAG.RD | FLAG.Z });
    expect(addresses(reply)).toEqual(web);
    expect(reply.z).toBe(false);
  });

  check('§8.1.3.4', 'a recursive query for an own name is answered with AA', ours, async ({ ask }) => {
    expect(await ask(WEB, { flags: FLAG.RD })).toMatchObject({ rcode: 'NOERROR', aa: true, rd: true });
  });

  check('§8.1.4', 'an unknown opcode is NOTIMP, over UDP and TCP', any, async ({ ask }) => {
    for (const opcode of [6, 7, 8, 15]) {
      for (const over of ['udp', 'tcp'] as const) {
        expect(await ask(WEB, { opcode, flags: 0, over })).toMatchObject({ opcode, rcode: 'NOTIMP', answers: [] });
      }
    }
  });

  check('§8.1.5', 'TCP is answered', ours, async ({ ask }) => {
    expect(addresses(await ask(WEB, { over: 'tcp' }))).toEqual(web);
  });

  for (const [section, title, parts] of PLAIN) {
    check(section, `${title}: answered as usual, with an OPT record of version 0`, ours, async ({ ask }) => {
      for (const over of ['udp', 'tcp'] as const) {
        const reply = await ask(WEB, { ...parts, over });
        expect(addresses(reply)).toEqual(web);
        expect(reply.opt).toMatchObject({ version: 0, z: 0 });
        expect(reply.opt?.options.map(({ code }) => code)).not.toContain(100);
      }
    });
  }

  const tooNew: readonly (readonly [string, string, QueryParts['edns']])[] = [
    ['§8.2.2', 'alone', {}],
    ['§8.2.5', 'with an unknown flag', { flags: 0x40 }],
    ['§8.2.6', 'with an unknown option', { options: UNKNOWN }],
    ['§8.2.9', 'with DNSSEC requested', { flags: DO }],
  ];
  for (const [section, title, edns] of tooNew) {
    check(section, `EDNS version 1 ${title}: BADVERS, with the supported version`, any, async ({ ask }) => {
      const reply = await ask(WEB, { edns: { ...edns, version: 1 } });
      expect(reply).toMatchObject({ rcode: 'BADVERS', answers: [] });
      expect(reply.opt).toMatchObject({ version: 0, z: 0, dnssecOk: edns?.flags === DO });
    });
  }

  check('§8.2.7', 'a truncated reply has its OPT record', ours, async ({ ask }) => {
    const reply = await ask(`big.shop.${ZONE}`, { edns: { size: 512 } });
    expect(reply).toMatchObject({ tc: true, opt: { version: 0 } });
  });

  check('§3.1.2', 'the types of DNSSEC are ordinary types', ours, async ({ ask }) => {
    for (const type of [TYPE.DNSKEY, TYPE.RRSIG, TYPE.CAA, TYPE.HTTPS]) {
      const reply = await ask(WEB, { type, edns: { flags: DO } });
      expect(reply).toMatchObject({ rcode: 'NOERROR', answers: [] });
    }
  });

  check('§3.1.2', 'a zone transfer is refused, not ignored', ours, async ({ ask }) => {
    const reply = await ask(ZONE, { type: TYPE.AXFR, over: 'tcp' });
    expect(['REFUSED', 'NOTIMP', 'NOTAUTH', 'FORMERR']).toContain(reply.rcode);
  });
});

function severalOptions(): readonly Buffer[] {
  const subnet = Buffer.from([0, 1, 0, 0]);
  return [option(OPTION.NSID, Buffer.alloc(0)), option(OPTION.CLIENT_SUBNET, subnet), ...UNKNOWN];
}
