import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createResources } from '../../support/resources.ts';
import { DIFFERENCES, type Difference, explanationOf } from './differences.ts';
import { QUESTIONS, readRecorded } from './recorded.ts';
import { isSame, type PlainReply, plainReply } from './reply.ts';
import { type StandAlone, shopFile, startInternet, startStandAlone } from './stand-alone.ts';

const resources = createResources();
let server: StandAlone;
beforeAll(async () => {
  const upstream = await startInternet(resources);
  server = await startStandAlone(resources, { text: await shopFile(upstream.at) });
});
afterAll(() => resources.close());

test('every question is answered like rancher-dns 0.17.4, except for listed differences', async () => {
  const recorded = readRecorded();
  expect(recorded.map(({ name, type, from }) => ({ name, type, from }))).toEqual(QUESTIONS);
  const met = new Set<Difference>();
  const unexplained: { readonly question: string; readonly theirs: PlainReply; readonly ours: PlainReply }[] = [];
  for (const { theirs, ...asked } of recorded) {
    const ours = await plainReply(server.port, asked);
    const why = isSame(theirs, ours) ? null : explanationOf(asked, theirs, ours);
    if (why) met.add(why);
    else if (!isSame(theirs, ours)) unexplained.push({ question: Object.values(asked).join(' '), theirs, ours });
  }
  expect(unexplained).toEqual([]);
  expect(DIFFERENCES.filter((one) => !met.has(one))).toEqual([]);
});

test('each difference has a line in the documentation', () => {
  const page = readFileSync('docs/rancher-dns.md', 'utf8');
  expect(DIFFERENCES.map(({ title }) => title).filter((title) => !page.includes(`| ${title} `))).toEqual([]);
});
