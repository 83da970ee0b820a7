import { readFileSync } from 'node:fs';
import { ASKERS, NAMES, TYPES } from './questions.ts';
import type { Asked, PlainReply } from './reply.ts';

/** The recorded replies of rancher-dns, one name a line; see `scripts/compare-with-rancher-dns.ts`. */
export const RECORDED_FILE = 'test/fixtures/answers/rancher-dns-v0.17.4.jsonl';

export const QUESTIONS: readonly Asked[] = NAMES.flatMap((name) =>
  TYPES.flatMap((type) => ASKERS.map((from) => ({ name, type, from }))),
);

type Recorded = readonly [name: string, replies: readonly (readonly [Asked['type'], Asked['from'], PlainReply])[]];

/** The replies of rancher-dns to `QUESTIONS`. */
export function readRecorded(): readonly (Asked & { readonly theirs: PlainReply })[] {
  const lines = readFileSync(RECORDED_FILE, 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const [name, replies] = JSON.parse(line) as Recorded;
    return replies.map(([type, from, theirs]) => ({ name, type, from, theirs }));
  });
}

export function writeRecorded(all: readonly (Asked & { readonly theirs: PlainReply })[]): string {
  const byName = Map.groupBy(all, ({ name }) => name);
  const lines = [...byName].map(([name, asked]) =>
    JSON.stringify([name, asked.map(({ type, from, theirs }) => [type, from, theirs])]),
  );
  return `${lines.join('\n')}\n`;
}
