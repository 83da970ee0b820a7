import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { addresses } from '../expectations.ts';
import { failing, noSuchName, silent, withAddress } from '../servers/behaviours.ts';
import type { Behaviour } from '../servers/upstream.ts';
import type { Subject } from '../subject.ts';
import { describeRfc } from '../suite.ts';
import { RCODE } from '../wire/codes.ts';

const forwarder = { role: 'forwarder' } as const;
/** Recommended by §5, at most every 30 seconds. The other servers do not do this for an upstream that answers SERVFAIL. */
const recheck = {
  ...forwarder,
  differs: {
    unbound: 'it retries five times for each query',
    bind: 'its stale-refresh-time starts only after a timeout, not after SERVFAIL',
  },
};

describeRfc(
  'RFC 8767',
  (check) => {
    check(
      '§4',
      'if the upstream does not respond, an expired answer is served, with a short TTL and before clients time out',
      forwarder,
      async (on) => {
        const owner = 'silenced.upstream.example.';
        await holdAndChange(on, owner, '198.51.100.90', silent);
        const start = performance.now();
        const reply = await on.ask(owner);
        expect(addresses(reply)).toEqual(['198.51.100.90']);
        expect(performance.now() - start).toBeLessThan(5_000);
        for (const { ttl } of reply.answers) {
          expect(ttl).toBeGreaterThan(0);
          expect(ttl).toBeLessThanOrEqual(30);
        }
      },
    );

    check('§4', 'if the upstream fails, an expired answer is served', forwarder, async (on) => {
      const owner = 'broken.upstream.example.';
      await holdAndChange(on, owner, '198.51.100.91', failing(RCODE.SERVFAIL));
      expect(addresses(await on.ask(owner))).toEqual(['198.51.100.91']);
    });

    check('§4', 'NXDOMAIN of an upstream replaces an expired answer', forwarder, async (on) => {
      const owner = 'gone.upstream.example.';
      await holdAndChange(on, owner, '198.51.100.92', noSuchName());
      expect(await on.ask(owner)).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
    });

    check('§5', 'an upstream that responds in time is awaited', forwarder, async (on) => {
      const owner = 'moved.upstream.example.';
      await holdAndChange(on, owner, '198.51.100.93', async (asked) => {
        await sleep(100);
        return withAddress('198.51.100.94')(asked);
      });
      expect(addresses(await on.ask(owner))).toEqual(['198.51.100.94']);
    });

    check('§5', 'a recent failure is not retried for each query', recheck, async (on) => {
      const owner = 'hammered.upstream.example.';
      await holdAndChange(on, owner, '198.51.100.95', failing(RCODE.SERVFAIL));
      expect(addresses(await on.ask(owner))).toEqual(['198.51.100.95']);
      const before = on.upstream.asked(owner).length;
      for (let round = 0; round < 20; round += 1) {
        expect(addresses(await on.ask(owner))).toEqual(['198.51.100.95']);
      }
      expect(on.upstream.asked(owner).length - before).toBeLessThan(10);
    });

    check('§4', 'a name without a cached answer is SERVFAIL', forwarder, async (on) => {
      const owner = 'never.upstream.example.';
      on.upstream.script(owner, failing(RCODE.SERVFAIL));
      expect(await on.ask(owner)).toMatchObject({ rcode: 'SERVFAIL', answers: [] });
    });
  },
  { together: true },
);

/** The server has an expired answer with a TTL of one second; from now on the upstream uses another behaviour. */
async function holdAndChange(on: Subject, owner: string, address: string, behaviour: Behaviour): Promise<void> {
  on.upstream.script(owner, withAddress(address, 1));
  expect(addresses(await on.ask(owner))).toEqual([address]);
  on.upstream.script(owner, behaviour);
  await sleep(2_100);
}
