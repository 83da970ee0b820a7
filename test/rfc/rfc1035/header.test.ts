import { expect } from 'vitest';
import { withAddress } from '../servers/behaviours.ts';
import { describeRfc } from '../suite.ts';
import { message, opt, query, question, record } from '../wire/build.ts';
import { ipv4 } from '../wire/bytes.ts';
import { CLASS, FLAG, OPCODE, TYPE } from '../wire/codes.ts';
import { ZONE } from '../zone/zone.ts';

const WEB = `web.shop.${ZONE}`;
const ours = { role: 'authoritative' } as const;
const any = { role: 'both' } as const;
const whole = {
  role: 'both',
  differs: { unbound: 'its FORMERR repeats the malformed message, including the counts' },
} as const;

describeRfc('RFC 1035 header', (check) => {
  check('§4.1.1', 'a reply has QR, the id and the opcode of the query, Z zero, and answers', ours, async ({ ask }) => {
    const reply = await ask(WEB, { id: 0xfffe });
    expect(reply).toMatchObject({ id: 0xfffe, qr: true, opcode: 0, z: false, tc: false, rcode: 'NOERROR' });
    expect(reply.answers).toHaveLength(3);
    expect((await ask(WEB, { id: 0 })).id).toBe(0);
  });

  check('§4.1.1', 'AA is set for own names, whether they exist or not', ours, async ({ ask }) => {
    for (const owner of [WEB, `nosuch.${ZONE}`, ZONE]) expect((await ask(owner)).aa).toBe(true);
    expect((await ask(WEB, { type: TYPE.MX })).aa).toBe(true);
  });

  check('§4.1.1', 'AA in a query is ignored: forwarded names do not get AA', any, async ({ ask, upstream }) => {
    upstream.script('aa.upstream.example.', withAddress('198.51.100.1'));
    const reply = await ask('aa.upstream.example.', { flags: FLAG.RD | FLAG.AA });
    expect(reply).toMatchObject({ aa: false, rcode: 'NOERROR' });
  });

  check('§4.1.1', 'RD is copied, and RA is set', any, async ({ ask }) => {
    expect(await ask(WEB, { flags: FLAG.RD })).toMatchObject({ rd: true, ra: true });
    expect(await ask(WEB, { flags: 0 })).toMatchObject({ rd: false, rcode: 'NOERROR' });
  });

  check('§4.1.1', 'TC, RA, AD and CD of a query are not copied to the reply', ours, async ({ ask }) => {
    const reply = await ask(WEB, { flags: FLAG.RD | FLAG.RA | FLAG.AD });
    expect(reply).toMatchObject({ tc: false, rcode: 'NOERROR', z: false });
    expect(reply.answers).toHaveLength(3);
  });

  for (const [text, opcode] of Object.entries({ IQUERY: OPCODE.IQUERY, STATUS: OPCODE.STATUS, unassigned: 11 })) {
    check('§4.1.1', `opcode ${opcode} (${text}) is NOTIMP, with the opcode of the query`, any, async ({ ask }) => {
      expect(await ask(WEB, { opcode })).toMatchObject({ qr: true, opcode, rcode: 'NOTIMP', answers: [] });
    });
  }

  const notifies = { ...ours, differs: { bind: 'it has the zone and accepts the NOTIFY: NOERROR' } };
  for (const [text, opcode, options] of [
    ['NOTIFY', OPCODE.NOTIFY, notifies],
    ['UPDATE', OPCODE.UPDATE, ours],
  ] as const) {
    check('§4.1.1', `${text} from an unknown client gets an error, not silence`, options, async ({ ask }) => {
      const reply = await ask(ZONE, { opcode, type: TYPE.SOA, flags: 0 });
      expect(reply.opcode).toBe(opcode);
      expect(['NOTIMP', 'REFUSED', 'NOTAUTH', 'FORMERR']).toContain(reply.rcode);
    });
  }

  check(
    '§4.1.1',
    'a message with QR set gets no reply, because two servers could answer each other for ever',
    any,
    async (on) => {
      await on.expectSilence(query(WEB, { flags: FLAG.QR | FLAG.RD }));
      await on.expectSilence(query(WEB, { flags: FLAG.QR, opcode: OPCODE.STATUS }));
    },
  );

  check('§4.1.1', 'a message shorter than a header gets no reply', any, async (on) => {
    for (const size of [0, 1, 2, 11]) await on.expectSilence(query(WEB).subarray(0, size));
  });

  check('§4.1.2', 'no question is FORMERR', any, async ({ send }) => {
    expect(await send(message({ flags: FLAG.RD }))).toMatchObject({ rcode: 'FORMERR', qr: true, questions: [] });
  });

  check('§4.1.2', 'two questions are FORMERR [RFC 9619 §4]', any, async ({ send }) => {
    const questions = [question(WEB, TYPE.A), question(WEB, TYPE.AAAA)];
    expect(await send(message({ flags: FLAG.RD, questions }))).toMatchObject({ rcode: 'FORMERR', answers: [] });
    expect((await send(message({ flags: FLAG.RD, questions, additional: [opt()] }))).rcode).toBe('FORMERR');
  });

  check('§4.1.2', 'a missing or incomplete question is FORMERR', whole, async ({ send }) => {
    const sound = query(WEB);
    for (const size of [12, 13, 20, sound.length - 4, sound.length - 1]) {
      expect(await send(sound.subarray(0, size))).toMatchObject({ rcode: 'FORMERR', answers: [] });
    }
  });

  check('§4.1.3', 'missing records are FORMERR', whole, async ({ send }) => {
    const questions = [question(WEB, TYPE.A)];
    for (const counts of [
      [1, 0, 0, 1],
      [1, 0, 0, 0xffff],
    ] as const) {
      expect((await send(message({ flags: FLAG.RD, questions, counts: counts }))).rcode).toBe('FORMERR');
    }
  });

  check('§4.1.3', 'records in a query are not copied to the answer', ours, async ({ send }) => {
    const forged = record(WEB, TYPE.A, 300, ipv4('192.0.2.66'));
    const reply = await send(message({ flags: FLAG.RD, questions: [question(WEB, TYPE.A)], additional: [forged] }));
    expect(['NOERROR', 'FORMERR']).toContain(reply.rcode);
    expect(reply.answers.map(({ text }) => text)).not.toContain('192.0.2.66');
  });

  check('§4.1.1', 'trailing octets do not suppress the reply', any, async ({ send }) => {
    const reply = await send(Buffer.concat([query(WEB), Buffer.alloc(7, 0xff)]));
    expect(['NOERROR', 'FORMERR']).toContain(reply.rcode);
  });

  check('§3.2.4', 'unknown classes get an error, not silence', any, async ({ ask }) => {
    for (const klass of [CLASS.CH, CLASS.HS, CLASS.NONE, 65_280]) {
      const reply = await ask(WEB, { class: klass });
      expect(['REFUSED', 'NOTIMP', 'FORMERR', 'NOTAUTH', 'SERVFAIL']).toContain(reply.rcode);
      expect(reply.answers).toEqual([]);
    }
  });
});
