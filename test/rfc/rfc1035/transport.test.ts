import { expect } from 'vitest';
import { addresses } from '../expectations.ts';
import { answering, cutOverUdp } from '../servers/behaviours.ts';
import { describeRfc } from '../suite.ts';
import { query } from '../wire/build.ts';
import { framed } from '../wire/tcp.ts';
import { ZONE } from '../zone/zone.ts';

const BIG = `big.shop.${ZONE}`;
const ours = { role: 'authoritative' } as const;
const outside = { role: 'forwarder' } as const;

describeRfc('RFC 1035 transport', (check) => {
  check(
    '§4.2.1',
    'over UDP a reply has at most 512 octets; a longer one is truncated, with TC',
    ours,
    async ({ ask }) => {
      const reply = await ask(BIG);
      expect(reply.bytes.length).toBeLessThanOrEqual(512);
      expect(reply).toMatchObject({ tc: true, rcode: 'NOERROR', aa: true });
    },
  );

  check('§4.2.1', 'a reply that fits is not truncated', ours, async ({ ask }) => {
    const reply = await ask(`web.shop.${ZONE}`);
    expect(reply).toMatchObject({ tc: false });
    expect(reply.answers).toHaveLength(3);
  });

  check('§4.2.2', 'over TCP the reply has the whole RRset, each address once, without TC', ours, async ({ ask }) => {
    const reply = await ask(BIG, { over: 'tcp' });
    expect(reply.tc).toBe(false);
    expect(new Set(addresses(reply)).size).toBe(80);
  });

  check('§4.2.2', 'a message over TCP is preceded by its length, in both directions', ours, async (on) => {
    using client = await on.connect();
    const bytes = query(BIG);
    await client.write(framed(bytes));
    expect((await client.next())?.id).toBe(bytes.readUInt16BE(0));
  });

  check('§4.2.1', 'a forwarded reply of more than 512 octets is truncated, too', outside, async ({ ask, upstream }) => {
    const owner = 'large.upstream.example.';
    upstream.script(owner, cutOverUdp(answering(manyAddresses(60))));
    const reply = await ask(owner);
    expect(reply.bytes.length).toBeLessThanOrEqual(512);
    expect(reply).toMatchObject({ tc: true, rcode: 'NOERROR' });
  });

  check('§4.2.1', 'a truncated reply of an upstream is retried over TCP', outside, async ({ ask, upstream }) => {
    const owner = 'cut.upstream.example.';
    upstream.script(owner, cutOverUdp(answering(manyAddresses(60))));
    const reply = await ask(owner, { over: 'tcp' });
    expect(addresses(reply)).toHaveLength(60);
    expect(reply.tc).toBe(false);
    expect(upstream.asked(owner).map(({ transport }) => transport)).toContain('tcp');
  });
});

function manyAddresses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `198.51.100.${at + 1}`);
}
