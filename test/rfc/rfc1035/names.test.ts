import { expect } from 'vitest';
import { withAddress, withData } from '../servers/behaviours.ts';
import { describeRfc } from '../suite.ts';
import { message, query, question } from '../wire/build.ts';
import { FLAG, TYPE } from '../wire/codes.ts';
import { name, nameOfSize } from '../wire/name.ts';
import { ZONE } from '../zone/zone.ts';

const WEB = `web.shop.${ZONE}`;
const ours = { role: 'authoritative' } as const;
const any = { role: 'both' } as const;
const broken = {
  role: 'both',
  differs: { unbound: 'its FORMERR repeats the malformed message, including the counts' },
} as const;

describeRfc('RFC 1035 names', (check) => {
  check('§2.3.3', 'names are case-insensitive, and the question is returned as sent', ours, async ({ ask }) => {
    const owner = `wEb.ShOp.RaNcHeR.iNtErNaL.`;
    const reply = await ask(owner);
    expect(reply.questionBytes).toEqual(question(owner, TYPE.A));
    expect(reply.answers.map((record) => record.text).toSorted()).toEqual(['10.42.1.1', '10.42.1.2', '10.42.1.3']);
    for (const record of reply.answers) expect(record.owner.toLowerCase()).toBe(WEB);
  });

  check('§2.3.3', 'the question of a forwarded query is returned as sent', any, async ({ ask, upstream }) => {
    upstream.script('mixed.upstream.example.', withAddress('198.51.100.2'));
    const owner = 'MiXeD.uPsTrEaM.eXaMpLe.';
    for (let round = 0; round < 2; round += 1) {
      const reply = await ask(owner);
      expect(reply.questionBytes).toEqual(question(owner, TYPE.A));
      expect(reply.answers[0]?.owner.toLowerCase()).toBe(owner.toLowerCase());
    }
  });

  check('§2.3.4', 'a label of 63 octets and a name of 255 octets are valid: NXDOMAIN', ours, async ({ ask }) => {
    for (const owner of [name(`${'x'.repeat(63)}.${ZONE}`), nameOfSize(255, ZONE)]) {
      expect(await ask(owner)).toMatchObject({ rcode: 'NXDOMAIN', aa: true });
    }
  });

  check('§2.3.4', 'a name of 256 octets is FORMERR', broken, async ({ send }) => {
    const long = message({ flags: FLAG.RD, questions: [question(nameOfSize(256, ZONE), TYPE.A)] });
    expect(await send(long)).toMatchObject({ rcode: 'FORMERR', answers: [] });
  });

  check('§4.1.4', 'label types 01 and 10 are reserved: FORMERR', broken, async ({ send }) => {
    for (const first of [0x40, 0x80, 0xbf]) {
      const owner = Buffer.concat([Buffer.from([first]), Buffer.alloc(63, 'a'), name(ZONE)]);
      expect(await send(query(owner))).toMatchObject({ rcode: 'FORMERR', answers: [] });
    }
  });

  check('§4.1.4', 'a pointer to itself, forwards or into the header is FORMERR', broken, async ({ send }) => {
    for (const target of [12, 14, 200, 0]) {
      const owner = Buffer.from([0xc0, target]);
      // BIND follows a pointer into the header: this id is no label.
      expect(await send(query(owner, { id: 0xbfbf }))).toMatchObject({ rcode: 'FORMERR', answers: [] });
    }
  });

  check('§4.1.4', 'a pointer back into the same name is a loop: FORMERR', broken, async ({ send }) => {
    const owner = Buffer.concat([Buffer.from([3]), Buffer.from('web'), Buffer.from([0xc0, 12])]);
    expect(await send(query(owner))).toMatchObject({ rcode: 'FORMERR', answers: [] });
  });

  check('§4.1.4', 'names in replies are compressed with pointers to earlier labels', ours, async ({ ask }) => {
    // The decoder of these tests rejects other pointers; this test checks that there are any.
    const { bytes, answers } = await ask(`big.shop.${ZONE}`, { over: 'tcp' });
    expect(answers).toHaveLength(80);
    expect(bytes.length).toBeLessThan(12 + 40 + 80 * 20);
  });

  check('§3.1', 'queries for the root and for top-level names are answered', any, async ({ ask, upstream }) => {
    upstream.script('.', withAddress('198.51.100.3'));
    const reply = await ask('.', { type: TYPE.MX });
    expect(reply.questions).toEqual([{ name: '.', type: TYPE.MX, class: 1 }]);
  });

  check('§3.2.2', 'unknown or obsolete types are NODATA for an existing name', ours, async ({ ask }) => {
    for (const type of [3, 7, 10, 11, 14, 100, 65_280]) {
      const reply = await ask(WEB, { type });
      expect(reply).toMatchObject({ rcode: 'NOERROR', answers: [], aa: true });
      expect(reply.questions[0]?.type).toBe(type);
    }
  });

  check('§3.3', 'data of an unknown type is passed on unchanged [RFC 3597 §3]', any, async ({ ask, upstream }) => {
    const owner = 'private.upstream.example.';
    const data = Buffer.from([0xc0, 0x0c, 0, 1, 2, 0xff]);
    upstream.script(owner, withData(data));
    const reply = await ask(owner, { type: 65_280 });
    expect(reply.answers.map((record) => record.data.toString('hex'))).toEqual([data.toString('hex')]);
  });

  check('§3.5', 'a reverse lookup returns the name of the address', ours, async ({ ask }) => {
    const reply = await ask('2.1.42.10.in-addr.arpa.', { type: TYPE.PTR });
    expect(reply.answers.map(({ text }) => text)).toEqual([`shop-web-2.${ZONE}`]);
    expect(reply.aa).toBe(true);
    expect(await ask('250.1.42.10.in-addr.arpa.', { type: TYPE.PTR })).toMatchObject({ rcode: 'NXDOMAIN' });
  });

  check('§3.3.14', 'TXT is one or more strings, each with its length', ours, async ({ ask }) => {
    const reply = await ask(`note.shop.${ZONE}`, { type: TYPE.TXT });
    expect(reply.answers.map(({ text }) => text)).toEqual(['"built on a Tuesday"']);
  });

  check('§3.4', 'AAAA has sixteen octets [RFC 3596 §2.2]', ours, async ({ ask }) => {
    const reply = await ask(`dual.shop.${ZONE}`, { type: TYPE.AAAA });
    expect(reply.answers.map(({ text }) => text)).toEqual(['2001:db8:0:0:0:0:0:4']);
    expect((await ask(`dual.shop.${ZONE}`)).answers.map(({ text }) => text)).toEqual(['10.42.1.4']);
  });

  check('§3.3.13', 'the SOA of the zone is well-formed', ours, async ({ ask }) => {
    const { answers, aa } = await ask(ZONE, { type: TYPE.SOA });
    expect(aa).toBe(true);
    expect(answers).toHaveLength(1);
    expect(answers[0]?.text).toMatch(/^\S+\. \S+\. \d+ \d+ \d+ \d+ \d+$/);
    expect(answers[0]?.owner).toBe(ZONE);
  });

  check('§4.1.2', 'a reply repeats the question, whether the name exists or not', any, async ({ ask }) => {
    for (const owner of [WEB, `nosuch.${ZONE}`, ZONE]) {
      const sent = question(owner, TYPE.A);
      expect((await ask(owner)).questionBytes).toEqual(sent);
    }
  });
});
