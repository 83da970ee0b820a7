import type { TunnelPeer } from '../../overlay/index.ts';
import { percentile } from '../../test/support/percentile.ts';
import { createResources } from '../../test/support/resources.ts';
import { printRow } from '../support/report.ts';
import { limit, type Verdict } from '../support/targets.ts';
import { connectDrover, DROVER_BACKENDS, type DroverBackend } from './contestants/drover.ts';
import type { DroverHost } from './drover-host.ts';
import { createPair, ipBatch } from './pair.ts';

export interface ProgrammingCost {
  /** All peers at once, on a host that has one. */
  readonly allMs: number;
  /** Of one peer that moves, disappears or returns, each. */
  readonly changeMs: readonly number[];
}

const PEERS = 1_000;
const CHANGES = 30;
const MOST_MS = { all: 2_000, change: 50 };

/** What it costs to make the tunnels and the routes to 1,000 hosts, and to follow a change of one of them. */
export async function compareProgramming(only: readonly string[]): Promise<readonly Verdict[]> {
  printRow(['backend', `${PEERS} peers`, 'one peer p50', 'max']);
  printRow(['---', '---', '---', '---']);
  const verdicts: Verdict[] = [];
  for (const backend of DROVER_BACKENDS) {
    if (only.length > 0 && !only.some((part) => backend.name.toLowerCase().includes(part))) continue;
    await using resources = createResources();
    const ends = await connectDrover(resources, await createPair(resources, backend.mtu), backend);
    const { allMs, changeMs } = await measureProgramming(ends, backend, { peers: PEERS, changes: CHANGES });
    const times = [allMs, percentile(changeMs, 0.5), percentile(changeMs, 1)];
    printRow([backend.name, ...times.map((ms) => `${ms.toFixed(0)} ms`)]);
    verdicts.push(
      limit(`${backend.name}: ${PEERS} peers`, allMs, MOST_MS.all, 'ms'),
      limit(`${backend.name}: one peer's change among them, p50`, percentile(changeMs, 0.5), MOST_MS.change, 'ms'),
    );
  }
  console.log();
  return verdicts;
}

export async function measureProgramming(
  [host, real]: readonly [DroverHost, DroverHost],
  backend: DroverBackend,
  { peers: count, changes }: { readonly peers: number; readonly changes: number },
): Promise<ProgrammingCost> {
  // Packets to the hosts that do not exist end at the other host.
  await ipBatch(host.own.host, [`route add 198.18.0.0/15 via ${real.own.address}`]);
  const peers = [await real.asPeer(), ...peersOf(host, backend, count)];
  const allMs = await host.program(peers);
  const changeMs: number[] = [];
  for (const changed of changesOf(peers, changes)) {
    await host.rest();
    changeMs.push(await host.program(changed));
  }
  return { allMs, changeMs };
}

function peersOf({ backend: { port } }: DroverHost, { keyOf }: DroverBackend, count: number): readonly TunnelPeer[] {
  return Array.from({ length: count }, (_, n) => ({
    hostId: `peer-${n}`,
    address: `198.18.${n >> 8}.${n & 255}`,
    port,
    publicKey: keyOf(n),
    subnets: [`10.${100 + (n >> 8)}.${n & 255}.0/24`],
    isSilent: false,
  }));
}

/** One peer moves to another address, disappears, and returns where it was; then the next one. */
function* changesOf(peers: readonly TunnelPeer[], count: number): Generator<readonly TunnelPeer[]> {
  for (let change = 0; change < count; change += 1) {
    const at = 1 + Math.floor(change / 3);
    const peer = peers[at] as TunnelPeer;
    const moved = { ...peer, address: peer.address.replace('198.18.', '198.19.') };
    const versions = [peers.with(at, moved), peers.toSpliced(at, 1), peers];
    yield versions[change % versions.length] as readonly TunnelPeer[];
  }
}
