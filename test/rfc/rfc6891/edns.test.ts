import { expect } from 'vitest';
import { addresses } from '../expectations.ts';
import { answering, withAddress, withoutEdns } from '../servers/behaviours.ts';
import { describeRfc } from '../suite.ts';
import { message, opt, option, question, record } from '../wire/build.ts';
import { ipv4, u16 } from '../wire/bytes.ts';
import { FLAG, OPTION, TYPE } from '../wire/codes.ts';
import { ZONE } from '../zone/zone.ts';

const WEB = `web.shop.${ZONE}`;
const web = ['10.42.1.1', '10.42.1.2', '10.42.1.3'];
const BIG = `big.shop.${ZONE}`;
const ours = { role: 'authoritative' } as const;
const any = { role: 'both' } as const;
const outside = { role: 'forwarder' } as const;
const DO = 0x8000;
const withAdditional = (...additional: readonly Buffer[]) =>
  message({ flags: FLAG.RD, questions: [question(WEB, TYPE.A)], additional });
const twice = { ...any, differs: { unbound: 'its FORMERR repeats the malformed message, including both OPT records' } };
const anywhere = { ...ours, differs: { unbound: 'a query with more than one additional record is FORMERR' } };
const brokenOption = { ...any, differs: { unbound: 'it ignores malformed data inside OPT' } };

describeRfc('RFC 6891', (check) => {
  check(
    '§6.1.1',
    'a query with OPT gets a reply with OPT, a query without gets none',
    any,
    async ({ ask, upstream }) => {
      upstream.script('edns.upstream.example.', withAddress('198.51.100.40'));
      for (const owner of [WEB, `nosuch.${ZONE}`, 'edns.upstream.example.']) {
        for (const over of ['udp', 'tcp'] as const) {
          expect((await ask(owner, { edns: {}, over })).opt).toMatchObject({
            version: 0,
            extendedRcode: 0,
            owner: '.',
          });
          expect((await ask(owner, { over })).opt).toBeNull();
        }
      }
    },
  );

  check('§6.1.1', 'two OPT records are FORMERR', twice, async ({ send }) => {
    expect(await send(withAdditional(opt(), opt()))).toMatchObject({ rcode: 'FORMERR', answers: [] });
  });

  check('§6.1.1', 'OPT may be anywhere in the additional section', anywhere, async ({ send }) => {
    const other = record('x.example.', TYPE.A, 1, ipv4('192.0.2.1'));
    for (const additional of [
      [opt(), other],
      [other, opt()],
    ]) {
      const reply = await send(withAdditional(...additional));
      expect(addresses(reply)).toEqual(web);
      expect(reply.opt).not.toBeNull();
    }
  });

  check('§6.1.2', 'an OPT record whose owner is not the root is FORMERR or ignored', any, async ({ send }) => {
    const reply = await send(withAdditional(opt({ owner: 'x.' })));
    if (reply.rcode !== 'FORMERR') expect(reply.rcode).toBe('NOERROR');
  });

  check('§6.1.2', 'unknown options are ignored and not returned', ours, async ({ ask }) => {
    const options = [option(OPTION.PRIVATE, Buffer.from('?')), option(OPTION.PRIVATE + 1, Buffer.alloc(0))];
    const reply = await ask(WEB, { edns: { options: [...options, option(OPTION.NSID, Buffer.alloc(0))] } });
    expect(addresses(reply)).toEqual(web);
    expect(reply.opt?.options.filter(({ code }) => code >= OPTION.PRIVATE)).toEqual([]);
  });

  check('§6.1.2', 'an option longer than its record is FORMERR', brokenOption, async ({ send }) => {
    for (const data of [u16(OPTION.PRIVATE, 5, 1), u16(OPTION.PRIVATE), Buffer.from([0])]) {
      expect(await send(withAdditional(opt({ data })))).toMatchObject({ rcode: 'FORMERR', answers: [] });
    }
  });

  check(
    '§6.1.3',
    'another version is BADVERS, with the highest supported version and nothing else',
    any,
    async ({ ask }) => {
      for (const version of [1, 99, 255]) {
        for (const over of ['udp', 'tcp'] as const) {
          const reply = await ask(WEB, { edns: { version }, over });
          expect(reply).toMatchObject({ rcode: 'BADVERS', answers: [], authorities: [] });
          expect(reply.opt).toMatchObject({ version: 0, extendedRcode: 1 });
        }
      }
    },
  );

  check('§6.1.3', 'the extended rcode of a query is ignored', ours, async ({ ask }) => {
    expect(addresses(await ask(WEB, { edns: { extendedRcode: 0xff } }))).toEqual(web);
  });

  check('§6.1.4', 'DO is copied [RFC 3225 §3]', any, async ({ ask, upstream }) => {
    upstream.script('do.upstream.example.', withAddress('198.51.100.41'));
    for (const owner of [WEB, `nosuch.${ZONE}`, 'do.upstream.example.']) {
      expect((await ask(owner, { edns: { flags: DO } })).opt?.dnssecOk).toBe(true);
      expect((await ask(owner, { edns: { flags: 0 } })).opt?.dnssecOk).toBe(false);
    }
  });

  check('§6.1.4', 'the other flags are ignored, and zero in the reply', ours, async ({ ask }) => {
    const reply = await ask(WEB, { edns: { flags: 0x7fff } });
    expect(addresses(reply)).toEqual(web);
    expect(reply.opt).toMatchObject({ z: 0, dnssecOk: false });
  });

  check('§6.2.3', 'a payload size below 512 counts as 512', ours, async ({ ask }) => {
    for (const size of [0, 1, 300, 511, 512]) {
      const reply = await ask(BIG, { edns: { size } });
      expect(reply.bytes.length).toBeLessThanOrEqual(512);
      expect(reply).toMatchObject({ tc: true, rcode: 'NOERROR' });
      expect(addresses(await ask(WEB, { edns: { size } }))).toEqual(web);
    }
  });

  check('§6.2.3', 'a reply is never larger than the size of the client', ours, async ({ ask }) => {
    for (const size of [513, 800, 1_232, 1_400, 4_096, 65_535]) {
      const reply = await ask(BIG, { edns: { size } });
      expect(reply.bytes.length).toBeLessThanOrEqual(size);
    }
  });

  check(
    '§6.2.4',
    'the reply states the own size: at least 512, by default one that no path fragments [RFC 9715 §3]',
    any,
    async (on) => {
      const size = (await on.ask(WEB, { edns: {} })).opt?.size ?? 0;
      expect(size).toBeGreaterThanOrEqual(512);
      expect(size).toBeLessThanOrEqual(1_400);
    },
  );

  check(
    '§6.2.5',
    'over UDP no reply is larger than a size that no path fragments, unless configured',
    ours,
    async ({ ask }) => {
      expect((await ask(BIG, { edns: { size: 1_232 } })).bytes.length).toBeLessThanOrEqual(1_232);
    },
  );

  check('§7', 'a truncated reply has its OPT record', ours, async ({ ask }) => {
    expect(await ask(BIG, { edns: { size: 512, flags: DO } })).toMatchObject({
      tc: true,
      opt: { version: 0, dnssecOk: true },
    });
  });

  check('§6.2.3', 'over TCP the payload size is ignored', ours, async ({ ask }) => {
    const reply = await ask(BIG, { over: 'tcp', edns: { size: 512 } });
    expect(addresses(reply)).toHaveLength(80);
    expect(reply.tc).toBe(false);
  });

  check('§6.1.1', 'OPT is hop by hop: options of a client are not forwarded', outside, async ({ ask, upstream }) => {
    const owner = 'hop.upstream.example.';
    upstream.script(owner, withAddress('198.51.100.42'));
    await ask(owner, { edns: { options: [option(OPTION.PRIVATE, Buffer.from('mine'))] } });
    const options = upstream.asked(owner).flatMap(({ query }) => query.opt?.options.map(({ code }) => code) ?? []);
    expect(options).not.toContain(OPTION.PRIVATE);
  });

  check(
    '§6.2.3',
    'a forwarded reply fits the size of the client, however large it was upstream',
    outside,
    async (on) => {
      const owner = 'roomy.upstream.example.';
      on.upstream.script(owner, answering(Array.from({ length: 60 }, (_, at) => `198.51.100.${at + 100}`)));
      for (const size of [512, 600, 1_232]) {
        const reply = await on.ask(owner, { edns: { size } });
        expect(reply.bytes.length).toBeLessThanOrEqual(size);
        expect(reply.tc).toBe(reply.answers.length < 60);
      }
      expect((await on.ask(owner)).bytes.length).toBeLessThanOrEqual(512);
    },
  );

  check('§6.2.2', 'an upstream without EDNS support is queried without EDNS', outside, async ({ ask, upstream }) => {
    const owner = 'plain.upstream.example.';
    upstream.script(owner, withoutEdns(withAddress('198.51.100.43')));
    const reply = await ask(owner, { edns: {} });
    expect(addresses(reply)).toEqual(['198.51.100.43']);
    expect(reply.opt).not.toBeNull();
  });
});
