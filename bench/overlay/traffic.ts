import { percentile } from '../../test/support/percentile.ts';
import type { Resources } from '../../test/support/resources.ts';
import { printRow } from '../support/report.ts';
import { atLeast, limit, type Verdict } from '../support/targets.ts';
import { CONTESTANTS } from './contestants.ts';
import { measureLatency, measureThroughput, startServers, type Way } from './measure.ts';

export interface TrafficOptions {
  /** Of each measurement. */
  readonly seconds: number;
  readonly rounds: number;
  /** Parts of names, lower case; empty: all. */
  readonly only: readonly string[];
}

interface Round {
  /** Bits per second. */
  readonly oneStream: number;
  readonly fourStreams: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
}

interface Entrant {
  readonly name: string;
  readonly way: Way;
  readonly rounds: Round[];
}

interface Goal {
  readonly ours: string;
  readonly other: string;
  /** Least ratio of throughput. */
  readonly least: number;
}

/** Of the round trip, as a ratio. */
const MOST_LATENCY = 1.05;

const GOALS: readonly Goal[] = [
  { ours: 'Drover VXLAN', other: 'VXLAN by hand', least: 0.95 },
  { ours: 'Drover VXLAN', other: 'Docker Swarm', least: 1 },
  { ours: 'Drover WireGuard', other: 'wireguard-go by hand', least: 0.95 },
  { ours: 'Drover IPsec', other: 'strongSwan by hand', least: 0.95 },
];

/** Throughput and latency between containers of two hosts, in interleaved rounds: one path at a time has traffic. */
export async function compareTraffic(resources: Resources, options: TrafficOptions): Promise<readonly Verdict[]> {
  const { seconds, rounds, only } = options;
  const chosen = CONTESTANTS.filter(
    ({ name }) => only.length === 0 || only.some((part) => name.toLowerCase().includes(part)),
  );
  const entrants: Entrant[] = [];
  for (const { name, start } of chosen) {
    const way = await start(resources);
    await startServers(resources, way);
    entrants.push({ name, way, rounds: [] });
    console.error(`${name} is ready`);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < entrants.length; at += 1) {
      const entrant = entrants[(at + round) % entrants.length] as Entrant;
      entrant.rounds.push(await measure(entrant.way, seconds));
    }
    console.error(`round ${round + 1} of ${rounds} is done`);
  }
  printTable(entrants);
  return GOALS.flatMap((goal) => verdictsOf(goal, entrants));
}

async function measure(way: Way, seconds: number): Promise<Round> {
  const oneStream = await measureThroughput(way, 1, seconds);
  const fourStreams = await measureThroughput(way, 4, seconds);
  return { oneStream, fourStreams, ...(await measureLatency(way, seconds)) };
}

/** Medians of the ratios within each round. */
function verdictsOf({ ours, other, least }: Goal, entrants: readonly Entrant[]): readonly Verdict[] {
  const [a, b] = [ours, other].map((wanted) => entrants.find(({ name }) => name === wanted)?.rounds);
  if (!a || !b) return [];
  const ratio = (of: (round: Round) => number) =>
    percentile(
      a.map((round, at) => of(round) / of(b[at] ?? round)),
      0.5,
    );
  const title = `${ours}, ratio to ${other}`;
  return [
    atLeast(
      `${title}: one stream`,
      ratio(({ oneStream }) => oneStream),
      least,
    ),
    atLeast(
      `${title}: four streams`,
      ratio(({ fourStreams }) => fourStreams),
      least,
    ),
    limit(
      `${title}: round trip`,
      ratio(({ p50Micros }) => p50Micros),
      MOST_LATENCY,
      '',
    ),
  ];
}

function printTable(entrants: readonly Entrant[]): void {
  printRow(['path', 'one stream', 'four streams', 'round trip p50', 'p99']);
  printRow(['---', '---', '---', '---', '---']);
  for (const { name, rounds } of entrants) {
    const middle = (of: (round: Round) => number) => percentile(rounds.map(of), 0.5);
    const rate = (of: (round: Round) => number) => `${(middle(of) / 1e6).toFixed(0)} Mb/s`;
    const time = (of: (round: Round) => number) => `${middle(of).toFixed(0)} us`;
    printRow([
      name,
      rate(({ oneStream }) => oneStream),
      rate(({ fourStreams }) => fourStreams),
      time(({ p50Micros }) => p50Micros),
      time(({ p99Micros }) => p99Micros),
    ]);
  }
  console.log();
}
