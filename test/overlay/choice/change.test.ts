import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type BackendAbility,
  type BackendName,
  type HostOverlay,
  isSameTunnel,
  type OverlayChoice,
  type TunnelEnd,
  type TunnelId,
  wantedTunnel,
} from '../../../model/index.ts';
import { chooseTunnel } from '../../../overlay/choice/choose-tunnel.ts';
import { endsOf, planTunnels } from '../../../overlay/choice/plan-tunnels.ts';

// Hosts that know each other by facts that arrive late, in an environment whose choice changes.

const ALL: readonly BackendName[] = ['direct', 'vxlan', 'ipsec', 'wireguard'];

interface Member {
  /** What it keeps: other hosts can reach it there. */
  kept: readonly TunnelId[];
  published: HostOverlay;
  choice: OverlayChoice;
  readonly seen: Map<string, HostOverlay>;
  /** Whether it has found out that its peers answer. */
  answers: boolean;
}

const choiceOf = (backend: BackendName, generation: number): OverlayChoice => ({
  setting: backend,
  backend,
  reason: '',
  generation,
  keysSinceMs: 0,
});
const endOf = ({ backend, slot }: TunnelId): TunnelEnd => ({ backend, slot, generation: 0, port: 1, publicKey: null });
const abilitiesOf = (able: readonly BackendName[]): BackendAbility[] =>
  ALL.map((backend) => ({ backend, means: able.includes(backend) ? 'kernel' : null, lacks: '' }));

function member(able: readonly BackendName[], choice: OverlayChoice): Member {
  const kept = [wantedTunnel(choice) as TunnelId];
  const published = {
    abilities: abilitiesOf(able),
    ends: kept.map(endOf),
    uses: choice.generation,
    addresses: [],
    publicAddress: null,
    underlayMtu: 1500,
  };
  return { kept, published, choice, seen: new Map(), answers: true };
}

const others = ({ seen }: Member): HostOverlay[] => [...seen.values()];

/** One round of a host's agent. */
function work(self: Member): void {
  const wanted = wantedTunnel(self.choice);
  self.kept = planTunnels(self.choice, self.published, others(self));
  const isReached = (peer: HostOverlay): boolean =>
    !peer.abilities.some(({ backend, means }) => backend === wanted?.backend && means !== null) ||
    isSameTunnel(chooseTunnel(wanted, self.kept, peer.ends, true), wanted);
  const isAll = self.kept.some((one) => isSameTunnel(one, wanted)) && others(self).every(isReached);
  const uses = isAll ? self.choice.generation : self.published.uses;
  self.published = { ...self.published, ends: self.kept.map(endOf), uses };
}

const step = fc.record({ host: fc.nat(3), from: fc.nat(3), act: fc.constantFrom('work', 'see', 'see', 'choice') });

test('both ends speak the new backend before the old one goes, however late facts and choices arrive', () => {
  const changes = fc.array(fc.constantFrom(...ALL), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      changes,
      fc.array(fc.array(step, { maxLength: 60 }), { minLength: 4, maxLength: 4 }),
      (backends, phases) => {
        const first = choiceOf('vxlan', 1);
        const members = Array.from({ length: 4 }, () => member(ALL, first));
        for (const one of members)
          for (const [index, other] of members.entries())
            if (other !== one) one.seen.set(String(index), other.published);
        let newest = first;
        const check = (): void => {
          for (const one of members)
            for (const [index, peer] of one.seen) {
              const used = chooseTunnel(wantedTunnel(one.choice), one.kept, peer.ends, one.answers);
              const theirs = members[Number(index)] as Member;
              expect(used).not.toBeNull();
              expect(theirs.kept.some((kept) => isSameTunnel(kept, used))).toBe(true);
            }
        };
        for (const [index, backend] of backends.entries()) {
          newest = choiceOf(backend, index + 2);
          for (const { host, from, act } of phases[index] ?? []) {
            const self = members[host] as Member;
            if (act === 'work') work(self);
            if (act === 'choice') self.choice = newest;
            if (act === 'see' && from !== host) self.seen.set(String(from), (members[from] as Member).published);
            check();
          }
        }
        for (let round = 0; round < 4; round += 1)
          for (const [index, self] of members.entries()) {
            self.choice = newest;
            for (const [at, other] of members.entries()) if (at !== index) self.seen.set(String(at), other.published);
            work(self);
            check();
          }
        for (const { kept } of members) expect(kept).toEqual([wantedTunnel(newest)]);
      },
    ),
    { seed: 7, numRuns: 500 },
  );
});

test('a host that cannot use the wanted backend does not keep the others in clear, and does not disturb them', () => {
  const vxlan = choiceOf('vxlan', 1);
  const members = [member(ALL, vxlan), member(ALL, vxlan), member(['vxlan', 'direct'], vxlan)];
  for (let round = 0; round < 5; round += 1)
    for (const [index, self] of members.entries()) {
      self.choice = choiceOf('wireguard', 2);
      for (const [at, other] of members.entries()) if (at !== index) self.seen.set(String(at), other.published);
      work(self);
    }
  expect(members.map(({ kept }) => kept)).toEqual([
    [{ backend: 'wireguard', slot: 0 }],
    [{ backend: 'wireguard', slot: 0 }],
    [],
  ]);
});

test('a host with an agent that reports no ends keeps the plain routes until it is upgraded', () => {
  const own = { ...member(ALL, choiceOf('direct', 1)).published };
  const choice = choiceOf('wireguard', 2);
  const upgraded = { ...member(ALL, choice).published, uses: 2 };
  expect(planTunnels(choice, own, [null])).toEqual([{ backend: 'wireguard', slot: 0 }, { backend: 'direct', slot: 0 }]); // biome-ignore format: one line
  expect(chooseTunnel(wantedTunnel(choice), [{ backend: 'direct', slot: 0 }], endsOf(null), false)).toMatchObject({
    backend: 'direct',
  });
  expect(planTunnels(choice, own, [upgraded])).toHaveLength(2);
  expect(planTunnels(choice, { ...own, uses: 2 }, [upgraded])).toEqual([{ backend: 'wireguard', slot: 0 }]);
});

test('if no backend is possible, the hosts keep what they have', () => {
  const own = member(['direct'], choiceOf('direct', 1)).published;
  const none = { ...choiceOf('direct', 2), backend: null };
  expect(planTunnels(none, own, [own])).toEqual([{ backend: 'direct', slot: 0 }]);
  expect(planTunnels(none, { ...own, ends: [] }, [own])).toEqual([]);
});
