import { expect } from 'vitest';
import { expectNegative } from '../expectations.ts';
import { withAddress } from '../servers/behaviours.ts';
import { describeRfc } from '../suite.ts';
import { TYPE } from '../wire/codes.ts';
import type { Message } from '../wire/read.ts';
import { ZONE } from '../zone/zone.ts';

const NOT_HERE = 'like rancher-dns, it answers ANY with NOTIMP';
const ours = { role: 'authoritative' } as const;
const drop = { ...ours, differs: { 'drover-answers': NOT_HERE } };
const ANY = { type: TYPE.ANY };
const ITS_ZONES = 'its deny-any applies to forwarded names, not to its zones';
const minimal = { ...ours, differs: { unbound: ITS_ZONES, 'drover-answers': NOT_HERE } };
const small = { ...ours, differs: { unbound: ITS_ZONES } };

describeRfc('RFC 8482', (check) => {
  check('§4', 'ANY gets one RRset, or a HINFO record that refers to the RFC', minimal, async ({ ask }) => {
    for (const owner of [`web.shop.${ZONE}`, `dual.shop.${ZONE}`, `note.shop.${ZONE}`, ZONE]) {
      const reply = await ask(owner, { ...ANY, edns: {} });
      expect(reply).toMatchObject({ rcode: 'NOERROR', aa: true, tc: false });
      expect(rrsetsOf(reply)).toBeLessThanOrEqual(1);
      expect(reply.answers.length).toBeGreaterThan(0);
    }
  });

  check('§4.2', 'a synthesised HINFO names this RFC and has a long TTL', ours, async ({ ask }) => {
    const made = (await ask(`dual.shop.${ZONE}`, ANY)).answers.filter(({ type }) => type === TYPE.HINFO);
    for (const { data } of made) expect(data.toString('latin1', 1, 8)).toBe('RFC8482');
  });

  check('§4.4', 'over UDP the answer is small, so it cannot be used for amplification', small, async ({ ask }) => {
    const reply = await ask(`big.shop.${ZONE}`, { ...ANY, edns: { size: 4_096 } });
    expect(reply.bytes.length).toBeLessThanOrEqual(512);
  });

  check('§4', 'a missing name is NXDOMAIN, also for ANY', drop, async ({ ask }) => {
    expectNegative(await ask(`nosuch.${ZONE}`, ANY), 'NXDOMAIN');
  });

  check('§4', 'a name without records gets no synthesised record except HINFO', drop, async ({ ask }) => {
    const reply = await ask(`shop.${ZONE}`, ANY);
    expect(reply.rcode).toBe('NOERROR');
    if (reply.answers.length === 0) expectNegative(reply, 'NOERROR');
    else expect(reply.answers.map(({ type }) => type)).toEqual([TYPE.HINFO]);
  });

  check('§4.3', 'an alias gets its CNAME, which is not followed', drop, async ({ ask }) => {
    const reply = await ask(`alias.shop.${ZONE}`, ANY);
    for (const { owner } of reply.answers) expect(owner).toBe(`alias.shop.${ZONE}`);
    expect(reply.rcode).toBe('NOERROR');
    expect(rrsetsOf(reply)).toBe(1);
  });

  check('§4', 'ANY for a forwarded name is answered, too', { role: 'forwarder' }, async (on) => {
    const owner = 'any.upstream.example.';
    on.upstream.script(owner, withAddress('198.51.100.65'));
    const reply = await on.ask(owner, ANY);
    expect(['NOERROR', 'NOTIMP', 'REFUSED']).toContain(reply.rcode);
    expect(reply.bytes.length).toBeLessThanOrEqual(512);
  });
});

function rrsetsOf({ answers }: Message): number {
  return new Set(answers.map(({ owner, type }) => `${owner} ${type}`)).size;
}
