import { expect } from 'vitest';
import { addresses, expectNegative, texts } from '../expectations.ts';
import { answering, noSuchName, withAddress } from '../servers/behaviours.ts';
import { describeRfc } from '../suite.ts';
import { FLAG, TYPE } from '../wire/codes.ts';
import { ZONE } from '../zone/zone.ts';

const ours = { role: 'authoritative' } as const;
const outside = { role: 'forwarder' } as const;
const chases = {
  role: 'both',
  differs: { unbound: 'for an authoritative zone it returns only the CNAME' },
} as const;
const web = ['10.42.1.1', '10.42.1.2', '10.42.1.3'];
const of = (label: string) => `${label}.shop.${ZONE}`;

describeRfc('RFC 1034', (check) => {
  check(
    '§3.6.2',
    'a query for another type follows the CNAME: first the alias, then the records of its target',
    ours,
    async ({ ask }) => {
      const reply = await ask(of('alias'));
      expect(reply.answers[0]).toMatchObject({ owner: of('alias'), type: TYPE.CNAME, text: of('web') });
      expect(addresses(reply)).toEqual(web);
      for (const record of reply.answers.slice(1)) expect(record.owner).toBe(of('web'));
    },
  );

  check('§3.6.2', 'a query for CNAME returns only the CNAME', ours, async ({ ask }) => {
    const reply = await ask(of('chain'), { type: TYPE.CNAME });
    expect(reply.answers.map(({ owner, type, text }) => [owner, type, text])).toEqual([
      [of('chain'), TYPE.CNAME, of('alias')],
    ]);
    expect(reply).toMatchObject({ rcode: 'NOERROR', aa: true });
  });

  check('§4.3.2', 'a chain of aliases is in the order in which it is followed', ours, async ({ ask }) => {
    const reply = await ask(of('chain'));
    expect(reply.answers.slice(0, 2).map(({ owner, text }) => [owner, text])).toEqual([
      [of('chain'), of('alias')],
      [of('alias'), of('web')],
    ]);
    expect(addresses(reply)).toEqual(web);
  });

  check('§3.6.2', 'circular aliases end, with an error or with a partial answer', ours, async ({ ask }) => {
    const reply = await ask(of('circle'));
    expect(['SERVFAIL', 'NOERROR']).toContain(reply.rcode);
    expect(reply.answers.length).toBeLessThanOrEqual(17);
    expect(addresses(reply)).toEqual([]);
  });

  check('§3.6.2', 'an alias that leaves the zone is followed upstream', chases, async ({ ask, upstream }) => {
    upstream.script('abroad.upstream.example.', withAddress('198.51.100.7'));
    const reply = await ask(of('abroad'));
    expect(texts(reply, TYPE.CNAME)).toEqual(['abroad.upstream.example.']);
    expect(addresses(reply)).toEqual(['198.51.100.7']);
    expect(upstream.asked(of('abroad'))).toEqual([]);
  });

  check('§3.6.1', 'a name between the zone and an existing name exists: NODATA', ours, async ({ ask }) => {
    expectNegative(await ask(`shop.${ZONE}`), 'NOERROR');
  });

  check('§4.3.1', 'own names are also answered without RD, with AA', ours, async ({ ask }) => {
    const reply = await ask(of('web'), { flags: 0 });
    expect(addresses(reply)).toEqual(web);
    expect(reply).toMatchObject({ aa: true, rd: false });
  });

  check(
    '§4.3.1',
    'without RD a query is not forwarded, except to read what an upstream has cached',
    outside,
    async (on) => {
      const owner = 'unasked.upstream.example.';
      on.upstream.script(owner, withAddress('198.51.100.8'));
      expect(await on.ask(owner, { flags: 0 })).toMatchObject({ rd: false, aa: false });
      expect(on.upstream.asked(owner).map(({ query }) => query.rd)).not.toContain(true);
    },
  );

  check(
    '§4.3.1',
    'with RD it is forwarded, with RA in the reply and without AA',
    outside,
    async ({ ask, upstream }) => {
      const owner = 'asked.upstream.example.';
      upstream.script(owner, withAddress('198.51.100.9'));
      const reply = await ask(owner, { flags: FLAG.RD });
      expect(addresses(reply)).toEqual(['198.51.100.9']);
      expect(reply).toMatchObject({ aa: false, ra: true, rd: true, z: false });
      expect(upstream.asked(owner).every(({ query }) => query.rd && !query.qr)).toBe(true);
    },
  );

  check(
    '§3.7.1',
    'a name that does not exist upstream is NXDOMAIN, with the SOA',
    outside,
    async ({ ask, upstream }) => {
      const owner = 'absent.upstream.example.';
      upstream.script(owner, noSuchName());
      expectNegative(await ask(owner), 'NXDOMAIN');
    },
  );

  check('§5.3.3', 'a repeated query is answered from the cache, with a TTL that counts down', outside, async (on) => {
    const owner = 'remembered.upstream.example.';
    on.upstream.script(owner, answering(['198.51.100.10', '198.51.100.11'], 300));
    await on.ask(owner);
    on.upstream.script(owner, answering(['198.51.100.12']));
    const second = await on.ask(owner);
    expect(addresses(second)).toEqual(['198.51.100.10', '198.51.100.11']);
    for (const { ttl } of second.answers) expect(ttl).toBeLessThanOrEqual(300);
  });

  check('§4.2', 'own names are never forwarded, for any type', ours, async ({ ask, upstream }) => {
    const owners = [of('web'), of('nosuch'), `a.b.c.${ZONE}`, ZONE];
    for (const owner of owners) for (const type of [TYPE.A, TYPE.NS, TYPE.ANY, 999]) await ask(owner, { type });
    expect(owners.flatMap((owner) => upstream.asked(owner))).toEqual([]);
  });
});
