import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend, DesiredTunnels, TunnelPeer } from '../../overlay/index.ts';
import type { RunCommand } from '../../system/index.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import type { TestHost } from '../support/test-host.ts';
import { ask, createMembers, listing, look, type Member, pass, peerOf, route, settle } from './overlay-fixture.ts';

/** A host on which the suite creates the driver. `dir` is its private directory, `start` starts daemons inside it. */
export interface BackendHost extends TestHost {
  readonly hostId: string;
  readonly run: RunCommand;
}

/**
 * What the suite needs from a driver. To attach one, write `test/contract/overlay-NAME.test.ts`:
 *
 *     overlayContract({
 *       name: 'wireguard',
 *       create: ({ run, dir, start }) => createWireguard({ run, process: ... }, { keyFile: join(dir, 'wireguard.key') }),
 *       foreignKey: (n) => ...,
 *       underlays: [4, 6],
 *       counts: true,
 *       settleMs: 5_000,
 *       drift: { 'a peer is removed': (host) => host.run('wg', [...]) },
 *     });
 */
export interface OverlayDriver {
  readonly name: string;
  /** A backend on this host. Called again on the same host for an agent that starts again; both use the same files. */
  create(host: BackendHost): Backend;
  /** The public key of the `n`th other host, which does not exist; null: the backend has no keys. */
  foreignKey(n: number): string | null;
  /** The families of underlay that it can use. */
  readonly underlays: readonly (4 | 6)[];
  /** Whether it counts what each peer's tunnel carries. */
  readonly counts: boolean;
  /** Within this time the plan is empty and packets arrive after a change. */
  readonly settleMs: number;
  /** What breaks the tunnel of one host; its next pass repairs it. The argument `peer` is the other host. */
  readonly drift: Readonly<Record<string, (host: TestHost, peer: TunnelPeer) => Promise<unknown>>>;
}

/** The contract of every backend driver, with the real kernel and programs. Call it at the top level of a test file. */
export function overlayContract(driver: OverlayDriver): void {
  describe(`overlay contract: ${driver.name}`, () => {
    const { settleMs } = driver;
    const resources = createResources();
    let a: Member;
    let b: Member;
    let atA: TunnelPeer;
    let atB: TunnelPeer;
    let before: readonly string[];
    beforeAll(async () => {
      [a, b] = await createMembers(resources, driver);
      before = [await listing(a), await listing(b)];
      atA = await peerOf(a);
      atB = await peerOf(b);
    });
    afterAll(() => resources.close());

    const wanted = (member: Member, ...peers: readonly TunnelPeer[]): DesiredTunnels => ({ own: member.own, peers });
    const other = (n: number, changes: Partial<TunnelPeer> = {}): TunnelPeer => ({
      ...atB,
      hostId: `c${String(n).padStart(4, '0')}`,
      address: `192.0.3.${n % 250}`,
      publicKey: driver.foreignKey(n),
      subnets: [`10.${43 + Math.floor(n / 250)}.${n % 250}.0/24`],
      ...changes,
    });
    /** Both hosts have their tunnels and routes. */
    const connect = async (): Promise<void> => {
      const pairs: [Member, TunnelPeer][] = [
        [a, atB],
        [b, atA],
      ];
      await Promise.all(pairs.map(([member, peer]) => settle(member.backend, wanted(member, peer), settleMs)));
      await Promise.all(pairs.map(([member, peer]) => route(member, peer)));
    };
    const flows = async (): Promise<void> => {
      const sees = (to: Member, source: Member) =>
        Array(2).fill(`${to.own.hostId} sees ${source.own.gateway}`).join('\n');
      const attempt = async () => (await ask(a, b)) === sees(b, a) && (await ask(b, a)) === sees(a, b);
      await poll(attempt, { what: 'TCP and UDP both ways', timeoutMs: settleMs });
    };

    test('detect() says what carries it, and changes nothing', async () => {
      expect(await a.backend.detect()).toEqual({ backend: a.backend.name, means: expect.any(String), lacks: '' });
      expect(await listing(a)).toEqual(before[0]);
    });

    test('remove() where there is nothing changes nothing', async () => {
      await a.backend.remove();
      expect(await listing(a)).toEqual(before[0]);
    });

    test('packets arrive both ways, and nothing is left to plan', async () => {
      await connect();
      await flows();
      expect(await look(a.backend, wanted(a, atB))).toEqual({ lines: [], problems: [] });
    });

    test('traffic() counts what the tunnel of each peer carried, if the driver can count', async () => {
      const counted = await a.backend.traffic();
      expect([...counted.keys()]).toEqual(driver.counts ? [b.own.hostId] : []);
      for (const { receivedBytes, sentBytes } of counted.values())
        for (const bytes of [receivedBytes, sentBytes]) expect(bytes).toBeGreaterThan(0);
    });

    test('a driver that starts again finds what is there', async () => {
      const again = driver.create(a.host);
      expect(await again.publicKey()).toBe(atA.publicKey);
      expect(await look(again, wanted(a, atB))).toEqual({ lines: [], problems: [] });
      await flows();
    });

    test('a pass that is aborted in the middle is finished by the next one', async () => {
      const many = wanted(a, atB, other(1), other(2));
      const stop = new AbortController();
      const { applier } = a.backend;
      const [first] = applier.plan(many, await applier.observe(many, stop.signal)).changes;
      if (first !== undefined) {
        const applied = applier.apply(first, stop.signal).catch(() => {});
        stop.abort();
        await applied;
      }
      await settle(a.backend, many, settleMs);
      await flows();
      await settle(a.backend, wanted(a, atB), settleMs);
      await flows();
    });

    test('Q39: the order of peers does not matter, and the change of one peer touches its own entries', async () => {
      const peers = [atB, other(1), other(2)];
      await settle(a.backend, wanted(a, ...peers), settleMs);
      expect((await look(a.backend, wanted(a, ...peers.toReversed()))).lines).toEqual([]);
      const moved = other(1, { address: '192.0.3.99' });
      for (const changed of [
        [atB, moved, other(2)],
        [atB, other(2)],
        [...peers, other(3)],
      ]) {
        const { lines } = await look(a.backend, wanted(a, ...changed));
        // The other peers: names, addresses, subnets and keys that must not appear.
        const names = [atB, other(2)].flatMap(({ hostId, address, subnets, publicKey }) => [
          hostId,
          `${address}`,
          (subnets[0] ?? '').replace(/0\/24$/, ''),
          ...(publicKey === null ? [] : [publicKey]),
        ]);
        const touched = names.filter((name) =>
          lines.some((line) => new RegExp(`${escaped(name)}(?!\\d\\d?\\b)`).test(line)),
        );
        expect(touched).toEqual([]);
      }
      await settle(a.backend, wanted(a, atB), settleMs);
    });

    test('Q34: a peer with bad values is named, and the others keep their tunnel', async () => {
      const bad = other(9, { hostId: 'bad', address: 'rubbish; reboot', publicKey: 'rubbish', subnets: ['rubbish'] });
      const twice = other(8, { hostId: 'twice', subnets: atB.subnets });
      const peers = wanted(a, bad, atB, twice);
      await settle(a.backend, peers, settleMs);
      const { problems } = await look(a.backend, peers);
      if (a.backend.device !== null) {
        expect(problems.join('\n')).toMatch(/host bad: /);
        expect(problems.join('\n')).toMatch(/host twice: /);
      }
      await flows();
      await settle(a.backend, wanted(a, atB), settleMs);
    });

    for (const [title, breaks] of Object.entries(driver.drift)) {
      test(`Q24: repaired: ${title}`, async () => {
        await breaks(a.test, atB);
        expect((await look(a.backend, wanted(a, atB))).lines).not.toEqual([]);
        await connect();
        await flows();
      });
    }

    test('Q39: a host that changes its address is followed', async () => {
      const [oldA, newA] = [atA, { ...atA, address: '192.0.2.101' }];
      await a.test.run('ip', ['address', 'add', `${newA.address}/24`, 'dev', 'uplink']);
      await a.test.run('ip', ['address', 'delete', `${oldA.address}/24`, 'dev', 'uplink']);
      await a.test.run('ip', ['address', 'replace', `${newA.address}/24`, 'dev', 'uplink']);
      const old = a;
      a = { ...a, own: { ...a.own, address: newA.address } };
      atA = newA;
      await connect();
      await flows();
      await a.test.run('ip', ['address', 'add', `${oldA.address}/24`, 'dev', 'uplink']);
      await a.test.run('ip', ['address', 'delete', `${newA.address}/24`, 'dev', 'uplink']);
      await a.test.run('ip', ['address', 'replace', `${oldA.address}/24`, 'dev', 'uplink']);
      a = old;
      atA = oldA;
      await connect();
      await flows();
    });

    if (driver.underlays.includes(6))
      test('an underlay of IPv6', async () => {
        const [fourA, fourB, peerA, peerB] = [a, b, atA, atB];
        a = { ...a, own: { ...a.own, address: '2001:db8::1' } };
        b = { ...b, own: { ...b.own, address: '2001:db8::2' } };
        atA = { ...atA, address: a.own.address };
        atB = { ...atB, address: b.own.address };
        await connect();
        await flows();
        [a, b, atA, atB] = [fourA, fourB, peerA, peerB];
        await connect();
        await flows();
      });

    test('1,000 peers are programmed in 2 s, and the change of one takes 50 ms (ten times that on a busy machine)', async () => {
      const peers = Array.from({ length: 1000 }, (_, n) => other(n + 1));
      const many = wanted(a, atB, ...peers);
      let start = performance.now();
      await pass(a.backend, many);
      expect(performance.now() - start).toBeLessThan(20_000);
      expect((await look(a.backend, many)).lines).toEqual([]);
      const changed = wanted(a, atB, ...peers.slice(1), other(1, { address: '192.0.3.251' }));
      start = performance.now();
      await pass(a.backend, changed);
      expect(performance.now() - start).toBeLessThan(500);
      await flows();
      await settle(a.backend, wanted(a, atB), settleMs);
    });

    test('a key that is renewed is in use as soon as the other host knows it', async () => {
      const { publicKey } = atA;
      await a.backend.renewKey();
      atA = await peerOf(a);
      if (publicKey === null) expect(atA.publicKey).toBeNull();
      else expect(atA.publicKey).not.toBe(publicKey);
      await connect();
      await flows();
    });

    test('remove() leaves nothing, also the second time, and without a desired end nothing is made', async () => {
      for (const { backend } of [a, b]) await settle(backend, { own: null, peers: [] }, settleMs);
      await connect();
      await flows();
      for (const [index, member] of [a, b].entries()) {
        member.stop();
        await member.backend.remove();
        await member.backend.remove();
        await member.test.run('ip', ['route', 'flush', 'proto', 'boot']);
        expect(await listing(member)).toEqual(before[index]);
      }
    });
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
