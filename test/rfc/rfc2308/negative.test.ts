import { expect } from 'vitest';
import { poll } from '../../support/poll.ts';
import { addresses, expectNegative, texts } from '../expectations.ts';
import { answering, failing, noData, noSuchName, soa, withAddress, withData } from '../servers/behaviours.ts';
import { reply } from '../servers/upstream.ts';
import { describeRfc } from '../suite.ts';
import { record } from '../wire/build.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import { name } from '../wire/name.ts';
import type { Message } from '../wire/read.ts';
import { soaOf } from '../wire/records.ts';
import { ZONE, ZONE_TTL } from '../zone/zone.ts';

const ours = { role: 'authoritative' } as const;
const follows = { ...ours, differs: { unbound: 'for an authoritative zone it returns only the CNAME' } };
const outside = { role: 'forwarder' } as const;
const softened = {
  ...outside,
  differs: { 'drover-answers': 'like rancher-dns, it turns NXDOMAIN into NODATA for AAAA' },
};
const ANOTHER_TYPE =
  'it caches NXDOMAIN per type, because many servers return NXDOMAIN for AAAA of a name with A records';
const byType = {
  ...outside,
  differs: { drover: ANOTHER_TYPE, 'drover-answers': ANOTHER_TYPE, unbound: 'it caches NXDOMAIN per type' },
};

describeRfc(
  'RFC 2308',
  (check) => {
    check('§2.1', 'a missing name: NXDOMAIN with the SOA of the zone, AA, no answers', ours, async ({ ask }) => {
      for (const type of [TYPE.A, TYPE.AAAA, TYPE.SRV, TYPE.HTTPS, 65_280]) {
        const answer = await ask(`nosuch.shop.${ZONE}`, { type });
        expect(expectNegative(answer, 'NXDOMAIN').owner).toBe(ZONE);
        expect(answer).toMatchObject({ aa: true, answers: [] });
      }
    });

    check('§2.1', 'an alias to a missing name: NXDOMAIN, with the alias and the SOA', follows, async ({ ask }) => {
      const answer = await ask(`to-nothing.shop.${ZONE}`);
      expectNegative(answer, 'NXDOMAIN');
      expect(texts(answer, TYPE.CNAME)).toEqual([`nosuch.shop.${ZONE}`]);
    });

    check('§2.1', 'NXDOMAIN of an upstream stays NXDOMAIN, for every type', softened, async ({ ask, upstream }) => {
      for (const [at, type] of [TYPE.A, TYPE.AAAA, TYPE.MX].entries()) {
        const owner = `none-${at}.upstream.example.`;
        upstream.script(owner, noSuchName());
        expectNegative(await ask(owner, { type }), 'NXDOMAIN');
      }
    });

    check('§2.2', 'a missing type: NOERROR with the SOA of the zone, AA, no answers', ours, async ({ ask }) => {
      for (const owner of [`web.shop.${ZONE}`, `empty.shop.${ZONE}`, `shop.${ZONE}`, ZONE]) {
        const answer = await ask(owner, { type: TYPE.MX });
        expect(expectNegative(answer, 'NOERROR').owner).toBe(ZONE);
        expect(answer).toMatchObject({ aa: true, answers: [] });
      }
    });

    check('§2.2', 'a service without addresses is NODATA for A and AAAA, not NXDOMAIN', ours, async ({ ask }) => {
      for (const type of [TYPE.A, TYPE.AAAA]) expectNegative(await ask(`empty.shop.${ZONE}`, { type }), 'NOERROR');
      expectNegative(await ask(`six.shop.${ZONE}`), 'NOERROR');
    });

    check(
      '§2.2.1',
      'an alias to a name without the type: NOERROR, with the alias and the SOA',
      follows,
      async ({ ask }) => {
        const answer = await ask(`to-empty.shop.${ZONE}`);
        expectNegative(answer, 'NOERROR');
        expect(texts(answer, TYPE.CNAME)).toEqual([`empty.shop.${ZONE}`]);
      },
    );

    check('§3', 'the TTL of the SOA is the lower one of its TTL and its MINIMUM', ours, async ({ ask }) => {
      const start = expectNegative(await ask(`nosuch.${ZONE}`), 'NXDOMAIN');
      expect(start.ttl).toBe(ZONE_TTL);
      expect(soaOf(start).minimum).toBe(ZONE_TTL);
    });

    check('§5', 'NXDOMAIN is cached', outside, async ({ ask, upstream }) => {
      const owner = 'none.upstream.example.';
      upstream.script(owner, noSuchName());
      expectNegative(await ask(owner), 'NXDOMAIN');
      upstream.script(owner, answering(['198.51.100.29']));
      expectNegative(await ask(owner), 'NXDOMAIN');
    });

    check('§5', 'NXDOMAIN is cached for every type of the name', byType, async ({ ask, upstream }) => {
      const owner = 'none-at-all.upstream.example.';
      upstream.script(owner, noSuchName());
      expectNegative(await ask(owner, { type: TYPE.AAAA }), 'NXDOMAIN');
      upstream.script(owner, answering(['198.51.100.29']));
      expectNegative(await ask(owner), 'NXDOMAIN');
    });

    check('§5', 'NODATA is cached only for its type', outside, async ({ ask, upstream }) => {
      const owner = 'typeless.upstream.example.';
      upstream.script(owner, noData());
      expectNegative(await ask(owner, { type: TYPE.TXT }), 'NOERROR');
      upstream.script(owner, (asked) =>
        asked.type === TYPE.TXT ? withData(Buffer.from('\x03new'))(asked) : withAddress('198.51.100.30')(asked),
      );
      expectNegative(await ask(owner, { type: TYPE.TXT }), 'NOERROR');
      expect(addresses(await ask(owner))).toEqual(['198.51.100.30']);
    });

    check('§5', 'a negative answer is cached for the TTL of its SOA', outside, async ({ ask, upstream }) => {
      const owner = 'no.held.upstream.example.';
      upstream.script(owner, noSuchName({ ttl: 50, minimum: 300 }));
      await ask(owner);
      upstream.script(owner, answering(['198.51.100.29']));
      expect(expectNegative(await ask(owner), 'NXDOMAIN').ttl).toBeLessThanOrEqual(50);
    });

    check(
      '§5',
      'a negative answer for the target of an alias does not apply to the alias',
      outside,
      async ({ ask, upstream }) => {
        const owner = 'to-none.upstream.example.';
        upstream.script('gone.upstream.example.', noSuchName());
        upstream.script(owner, (asked) =>
          reply(asked, {
            rcode: RCODE.NXDOMAIN,
            answers: [record(owner, TYPE.CNAME, 300, name('gone.upstream.example.'))],
            authorities: [soa('upstream.example.', 300, 300)],
          }),
        );
        const answer = await ask(owner);
        expect(answer.rcode).toBe('NXDOMAIN');
        expect(texts(answer, TYPE.CNAME)).toEqual(['gone.upstream.example.']);
        const again = await ask(owner, { type: TYPE.CNAME });
        expect(texts(again, TYPE.CNAME)).toEqual(['gone.upstream.example.']);
      },
    );

    check('§6', 'a negative answer from the cache has the SOA, too', outside, async ({ ask, upstream }) => {
      const owner = 'no.kept.upstream.example.';
      upstream.script(owner, noSuchName({ ttl: 90, minimum: 90 }));
      await ask(owner);
      const start = expectNegative(await ask(owner), 'NXDOMAIN');
      expect(start.owner).toBe('kept.upstream.example.');
      expect(start.ttl).toBeLessThanOrEqual(90);
    });

    check('§5', 'a negative answer without SOA is cached briefly or not at all', outside, async ({ ask, upstream }) => {
      const owner = 'bare-no.upstream.example.';
      upstream.script(owner, failing(RCODE.NXDOMAIN));
      const answer = await ask(owner);
      expect(['NXDOMAIN', 'SERVFAIL']).toContain(answer.rcode);
      upstream.script(owner, withAddress('198.51.100.31'));
      await untilGiven(() => ask(owner), '198.51.100.31');
    });

    check('§7.1', 'a failure is cached for at most five minutes (Drover: five seconds)', outside, async (on) => {
      const owner = 'failed.upstream.example.';
      on.upstream.script(owner, failing(RCODE.SERVFAIL));
      expect((await on.ask(owner)).rcode).toBe('SERVFAIL');
      on.upstream.script(owner, withAddress('198.51.100.32'));
      await untilGiven(() => on.ask(owner), '198.51.100.32');
    });

    check('§7.1', 'a failure of one type does not affect another type', outside, async ({ ask, upstream }) => {
      const owner = 'half-failed.upstream.example.';
      upstream.script(owner, (asked) =>
        asked.type === TYPE.AAAA ? failing(RCODE.SERVFAIL)(asked) : withAddress('198.51.100.33')(asked),
      );
      expect((await ask(owner, { type: TYPE.AAAA })).rcode).toBe('SERVFAIL');
      expect(addresses(await ask(owner))).toEqual(['198.51.100.33']);
    });
  },
  { together: true },
);

/** After this time, everything that may be cached for five seconds has expired. */
async function untilGiven(ask: () => Promise<Message>, address: string): Promise<void> {
  await poll(async () => addresses(await ask()).includes(address), {
    what: address,
    timeoutMs: 14_000,
    intervalMs: 250,
  });
}
