import { expect } from 'vitest';
import { addresses } from '../expectations.ts';
import { answering, ownerOf, withAddress } from '../servers/behaviours.ts';
import { reply } from '../servers/upstream.ts';
import { describeRfc } from '../suite.ts';
import { record } from '../wire/build.ts';
import { ipv4 } from '../wire/bytes.ts';
import { TYPE } from '../wire/codes.ts';
import { labelsOf, rawName } from '../wire/name.ts';
import { ZONE } from '../zone/zone.ts';

const WEB = `web.shop.${ZONE}`;
const ours = { role: 'authoritative' } as const;
const outside = { role: 'forwarder' } as const;
const uneven = { ...outside, differs: { unbound: 'it passes on the TTL of each record' } };
const topBit = { ...outside, differs: { bind: 'it treats it as a very long time and limits it to a week' } };

describeRfc('RFC 2181', (check) => {
  check(
    '§4.1',
    'a reply comes from the address and port that was queried',
    { ...ours, needs: ['second address'] },
    async (on) => {
      // The client's socket is connected, so replies from other addresses are dropped.
      for (const at of on.at) expect(await on.ask(WEB, { at, from: '127.0.0.1' })).toMatchObject({ rcode: 'NOERROR' });
    },
  );

  check('§5', 'an RRset is complete, or TC is set', ours, async ({ ask }) => {
    for (const size of [512, 700, 1_232, 1_400, 4_096]) {
      const answer = await ask(`big.shop.${ZONE}`, { edns: { size } });
      expect(answer.bytes.length).toBeLessThanOrEqual(size);
      if (answer.answers.length < 80) expect(answer.tc).toBe(true);
      else expect(answer.tc).toBe(false);
    }
  });

  check('§5', 'each record of an RRset occurs once', ours, async ({ ask }) => {
    for (let round = 0; round < 5; round += 1) {
      const { answers } = await ask(WEB);
      expect(answers.map(({ text }) => text).toSorted()).toEqual(['10.42.1.1', '10.42.1.2', '10.42.1.3']);
    }
  });

  check('§5.2', 'all records of an RRset have the same TTL', ours, async ({ ask }) => {
    const { answers } = await ask(`big.shop.${ZONE}`, { over: 'tcp' });
    expect(new Set(answers.map(({ ttl }) => ttl)).size).toBe(1);
  });

  check(
    '§5.2',
    'different TTLs in an RRset of an upstream become one, at most the lowest',
    uneven,
    async ({ ask, upstream }) => {
      const owner = 'uneven.upstream.example.';
      upstream.script(owner, (asked) =>
        reply(asked, {
          answers: [
            record(ownerOf(asked), TYPE.A, 600, ipv4('198.51.100.20')),
            record(ownerOf(asked), TYPE.A, 60, ipv4('198.51.100.21')),
          ],
        }),
      );
      for (let round = 0; round < 2; round += 1) {
        const { answers } = await ask(owner);
        const ttls = [...new Set(answers.map(({ ttl }) => ttl))];
        expect(ttls).toHaveLength(1);
        expect(ttls[0]).toBeLessThanOrEqual(60);
      }
    },
  );

  check('§8', 'a TTL with its top bit set counts as zero', topBit, async ({ ask, upstream }) => {
    const owner = 'negative-ttl.upstream.example.';
    upstream.script(owner, withAddress('198.51.100.22', 0x80000005));
    expect((await ask(owner)).answers.map(({ ttl }) => ttl)).toEqual([0]);
  });

  check('§8', 'a TTL of zero is passed on and not cached', outside, async ({ ask, upstream }) => {
    const owner = 'zero-ttl.upstream.example.';
    for (const address of ['198.51.100.23', '198.51.100.25']) {
      upstream.script(owner, withAddress(address, 0));
      expect((await ask(owner)).answers.map(({ text, ttl }) => [text, ttl])).toEqual([[address, 0]]);
    }
  });

  check('§9', 'records left out of the additional section do not set TC', ours, async ({ ask }) => {
    const answer = await ask(WEB, { edns: { size: 512 } });
    expect(answer).toMatchObject({ tc: false, rcode: 'NOERROR' });
  });

  check('§10.1', 'a name with a CNAME has no other records', ours, async ({ ask }) => {
    for (const type of [TYPE.TXT, TYPE.SOA, TYPE.NS]) {
      const { answers } = await ask(`alias.shop.${ZONE}`, { type });
      expect(answers[0]).toMatchObject({ type: TYPE.CNAME });
    }
  });

  check('§11', 'a label may have any octets: NXDOMAIN, and the question is returned as sent', ours, async ({ ask }) => {
    const odd = [Buffer.from([0]), Buffer.from([0, 255, 46, 92]), Buffer.from('with space'), Buffer.from('_under')];
    for (const label of odd) {
      const owner = rawName([label, ...labelsOf(ZONE)]);
      const answer = await ask(owner);
      expect(answer).toMatchObject({ rcode: 'NXDOMAIN', aa: true });
      expect(answer.questionBytes.subarray(0, owner.length)).toEqual(owner);
    }
  });

  check('§11', 'a dot inside a label is not a separator', ours, async ({ ask }) => {
    const reply = await ask(rawName([Buffer.from('web.shop'), ...labelsOf(ZONE)]));
    expect(addresses(reply)).toEqual([]);
    expect(reply.rcode).toBe('NXDOMAIN');
  });

  check('§11', 'names with arbitrary octets are forwarded and returned', outside, async ({ ask, upstream }) => {
    const owner = 'b\\000n\\255ry.upstream.example.';
    upstream.script(owner, answering(['198.51.100.24']));
    const answer = await ask(owner);
    expect(addresses(answer)).toEqual(['198.51.100.24']);
    expect(answer.questions[0]?.name.toLowerCase()).toBe(owner);
  });
});
