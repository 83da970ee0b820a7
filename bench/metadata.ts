/**
 * `npm run bench -- metadata [--seconds 3] [--rounds 3]`: Drover's metadata compared with rancher-metadata, if RANCHER_METADATA_BIN
 * names its binary: requests per second with an answers file of 5,000 containers, CPU time per request, 1,000 long polls with one change per
 * second; then, with 20,000 containers, memory, the cost of a change, and 100 long polls. Exits with 1 if a target is missed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from '../system/index.ts';
import { percentile } from '../test/support/percentile.ts';
import { createResources } from '../test/support/resources.ts';
import { measureLarge } from './metadata/large.ts';
import { type LongPollCost, measureLongPolls } from './metadata/long-polls.ts';
import { type Peer, peerPrograms, startPeers } from './metadata/peers.ts';
import { KINDS, type Kind, measureRequests, type RequestRate } from './metadata/requests.ts';
import { printRow, printVerdicts } from './support/report.ts';
import { atLeast, limit, type Verdict } from './support/targets.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, rounds: { type: 'string', default: '3' } },
});
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
const CHANGES = 10;

/** Rates of one peer, by kind, one per round. */
type Rates = ReadonlyMap<Kind, RequestRate[]>;

async function measureRounds(peers: readonly Peer[]): Promise<ReadonlyMap<Peer, Rates>> {
  const rates = new Map(peers.map((peer) => [peer, new Map(KINDS.map((kind) => [kind, [] as RequestRate[]]))]));
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < peers.length; at += 1) {
      const peer = peers[(at + round) % peers.length] as Peer;
      await peer.awake(async () => {
        for (const kind of KINDS)
          rates
            .get(peer)
            ?.get(kind)
            ?.push(await measureRequests(peer, kind, seconds));
      });
    }
    console.error(`round ${round + 1} of ${rounds} is done`);
  }
  return rates;
}

const middle = (samples: readonly RequestRate[], of: (rate: RequestRate) => number) => percentile(samples.map(of), 0.5);

function printRates(rates: ReadonlyMap<Peer, Rates>): void {
  printRow(['what', 'server', 'requests/s', 'p99', 'CPU per request', 'errors']);
  printRow(Array.from({ length: 6 }, () => '---'));
  for (const kind of KINDS) {
    for (const [{ name }, byKind] of rates) {
      const samples = byKind.get(kind) ?? [];
      const perSecond = middle(samples, (rate) => rate.perSecond);
      const errors = samples.reduce((sum, rate) => sum + rate.errors, 0);
      const p99 = `${middle(samples, ({ p99Ms }) => p99Ms).toFixed(2)} ms`;
      const cpu = `${middle(samples, ({ cpuMicros }) => cpuMicros).toFixed(0)} us`;
      printRow([kind.title, name, perSecond.toFixed(0), p99, cpu, String(errors)]);
    }
  }
  console.log();
}

/** The median of the ratios within each round. */
function ratioTargets(rates: ReadonlyMap<Peer, Rates>): readonly Verdict[] {
  const [ours, theirs] = [...rates.values()];
  if (!ours || !theirs) return [];
  return KINDS.map((kind) => {
    const peers = theirs.get(kind) ?? [];
    const ratios = (ours.get(kind) ?? []).map(({ perSecond }, round) => perSecond / (peers[round]?.perSecond ?? 0));
    return atLeast(`${kind.title}: requests per second, ratio to rancher-metadata`, percentile(ratios, 0.5), 2);
  });
}

function printLongPolls(costs: ReadonlyMap<Peer, LongPollCost>): void {
  printRow(['1,000 clients, one change per second', 'p50', 'p99', 'last', 'CPU of the server per change']);
  printRow(Array.from({ length: 5 }, () => '---'));
  for (const [{ name }, { answeredMs, cpuMsPerChange }] of costs) {
    const cells = [0.5, 0.99, 1].map((share) => `${percentile(answeredMs, share).toFixed(0)} ms`);
    printRow([name, ...cells, `${cpuMsPerChange.toFixed(0)} ms`]);
  }
  console.log('\nTimes start at the reload request; each server parses the whole file.\n');
}

const stack = createResources();
const stop = () => stack.close().finally(() => process.exit(1));
process.once('SIGINT', stop).once('SIGTERM', stop);
const dir = await mkdtemp(join(tmpdir(), 'drover-bench-metadata-'));
stack.add(`directory ${dir}`, () => rm(dir, { recursive: true, force: true }));
try {
  // The bench itself must not disturb the core that is measured.
  await runCommand('taskset', ['-a', '-cp', '0', String(process.pid)]);
  const peers = await startPeers(stack, dir, peerPrograms(process.env.RANCHER_METADATA_BIN));
  const rates = await measureRounds(peers);
  printRates(rates);
  const longPolls = new Map<Peer, LongPollCost>();
  for (const peer of peers) longPolls.set(peer, await peer.awake(() => measureLongPolls(peer, CHANGES)));
  printLongPolls(longPolls);
  const large = await measureLarge(stack, join(dir, 'large'));
  const megabytes = (bytes: number) => bytes / 1024 / 1024;
  console.log(
    `20,000 containers from the feed: a change is answered after ${percentile(large.answeredMs, 0.5).toFixed(1)} ms (p50), ` +
      `${percentile(large.answeredMs, 0.99).toFixed(1)} ms (p99); at each of 100 clients after ` +
      `${percentile(large.hundredMs, 0.5).toFixed(1)} ms (p50), ${percentile(large.hundredMs, 0.99).toFixed(1)} ms (p99), ` +
      `where a bare echo of Node takes ${percentile(large.echoMs, 0.99).toFixed(1)} ms (p99). Memory over an empty Node process: ` +
      `${megabytes(large.changedBytes).toFixed(0)} MB after 170 changes, ${megabytes(large.readBytes).toFixed(0)} MB after whole lists were read.\n`,
  );
  printVerdicts('Targets', [
    ...ratioTargets(rates),
    limit('CPU per change with 20,000 containers, until it is answered', large.cpuMsPerChange, 5, 'ms'),
    limit(
      '100 long polls answered, p99 above the p99 of the echo',
      percentile(large.hundredMs, 0.99) - percentile(large.echoMs, 0.99),
      10,
      'ms',
    ),
    limit('memory with 20,000 containers, above an empty Node process', megabytes(large.loadedBytes), 80, 'MB'),
  ]);
} finally {
  await stack.close();
}
