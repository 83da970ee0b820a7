import { percentile } from '../../test/support/percentile.ts';
import type { Resources } from '../../test/support/resources.ts';
import { printRow } from '../support/report.ts';
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

export interface Entrant {
  readonly name: string;
  readonly way: Way;
  readonly rounds: Round[];
}

/** Throughput and latency between containers of two hosts, in interleaved rounds: one path at a time has traffic. */
export async function measureTraffic(resources: Resources, options: TrafficOptions): Promise<readonly Entrant[]> {
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
  return entrants;
}

async function measure(way: Way, seconds: number): Promise<Round> {
  const oneStream = await measureThroughput(way, 1, seconds);
  const fourStreams = await measureThroughput(way, 4, seconds);
  return { oneStream, fourStreams, ...(await measureLatency(way, seconds)) };
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
