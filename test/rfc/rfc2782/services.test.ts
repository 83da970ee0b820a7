import { expect } from 'vitest';
import { expectNegative } from '../expectations.ts';
import { withData } from '../servers/behaviours.ts';
import { describeRfc } from '../suite.ts';
import { u16 } from '../wire/bytes.ts';
import { TYPE } from '../wire/codes.ts';
import { name } from '../wire/name.ts';
import type { Rr } from '../wire/records.ts';
import { ZONE } from '../zone/zone.ts';

const ours = { role: 'authoritative', needs: ['srv'] } as const;
const urged = { ...ours, differs: { unbound: 'it omits records that were not requested' } };
const OWNERS = [`_8080._tcp.web.shop.${ZONE}`, `_http._tcp.web.shop.${ZONE}`, `web.shop.${ZONE}`];

describeRfc('RFC 2782', (check) => {
  check('Format', 'priority, weight, port and target for each endpoint', ours, async ({ ask }) => {
    for (const owner of OWNERS) {
      const { answers, aa } = await ask(owner, { type: TYPE.SRV });
      expect(aa).toBe(true);
      expect(answers.map((record) => fieldsOf(record).port)).toEqual([8080, 8080, 8080]);
      expect(answers.map((record) => fieldsOf(record).target).toSorted()).toEqual(
        [1, 2, 3].map((index) => `shop-web-${index}.${ZONE}`),
      );
      for (const record of answers) {
        expect(fieldsOf(record).priority).toBe(fieldsOf(answers[0] as Rr).priority);
        expect(fieldsOf(record).weight).toBeLessThanOrEqual(65_535);
      }
    }
  });

  check('Format', 'the service and protocol labels are case-insensitive', ours, async ({ ask }) => {
    expect((await ask(`_HTTP._Tcp.web.shop.${ZONE}`, { type: TYPE.SRV })).answers).toHaveLength(3);
  });

  check('Target', 'the target is not compressed', ours, async ({ ask }) => {
    for (const over of ['udp', 'tcp'] as const) {
      const { answers } = await ask(OWNERS[0] ?? '', { type: TYPE.SRV, over });
      expect(answers.map(({ compressedData }) => compressedData)).toEqual([false, false, false]);
    }
  });

  check('Target', 'the target is a name with addresses, not an alias', ours, async ({ ask }) => {
    const { answers } = await ask(OWNERS[0] ?? '', { type: TYPE.SRV });
    for (const record of answers) {
      const found = await ask(fieldsOf(record).target);
      expect(found.answers.map(({ type }) => type)).toEqual([TYPE.A]);
    }
  });

  check('Additional', 'additional addresses are those of the targets', ours, async ({ ask }) => {
    const { answers, additional } = await ask(OWNERS[0] ?? '', { type: TYPE.SRV, edns: {} });
    const targets = answers.map((record) => fieldsOf(record).target);
    for (const { owner, type, text } of additional) {
      expect(targets).toContain(owner);
      expect(type).toBe(TYPE.A);
      expect((await ask(owner)).answers.map((found) => found.text)).toEqual([text]);
    }
  });

  check('Additional', 'the addresses of the targets are in the additional section', urged, async ({ ask }) => {
    const { additional } = await ask(OWNERS[0] ?? '', { type: TYPE.SRV, edns: {} });
    expect(additional.map(({ text }) => text).toSorted()).toEqual(['10.42.1.1', '10.42.1.2', '10.42.1.3']);
  });

  check('Owner', 'a service without the port is NODATA or NXDOMAIN, with the SOA', ours, async ({ ask }) => {
    const other = await ask(`_9999._tcp.web.shop.${ZONE}`, { type: TYPE.SRV });
    expectNegative(other, 'NXDOMAIN');
    expectNegative(await ask(`dual.shop.${ZONE}`, { type: TYPE.SRV }), 'NOERROR');
  });

  check('Owner', 'other types at the name of an SRV record are NODATA', ours, async ({ ask }) => {
    expectNegative(await ask(OWNERS[0] ?? ''), 'NOERROR');
  });

  check('Format', 'forwarded records are passed on unchanged', { role: 'forwarder' }, async ({ ask, upstream }) => {
    const owner = '_sip._udp.upstream.example.';
    upstream.script(owner, withData(Buffer.concat([u16(10, 60, 5060), name('sip.upstream.example.')])));
    const { answers } = await ask(owner, { type: TYPE.SRV });
    expect(answers.map(({ text, compressedData }) => [text, compressedData])).toEqual([
      ['10 60 5060 sip.upstream.example.', false],
    ]);
  });
});

function fieldsOf(record: Rr): { priority: number; weight: number; port: number; target: string } {
  const [priority, weight, port, target = ''] = record.text.split(' ');
  return { priority: Number(priority), weight: Number(weight), port: Number(port), target };
}
