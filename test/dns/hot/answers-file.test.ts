import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnswerer } from '../../../dns/answer/answerer.ts';
import { createTurns } from '../../../dns/answer/turns.ts';
import type { Answers } from '../../../dns/answers-file/answers.ts';
import { createAnswersSource } from '../../../dns/answers-file/answers-source.ts';
import { parseAnswers } from '../../../dns/answers-file/parse.ts';
import { createHotPath } from '../../../dns/hot/index.ts';
import { addressNumber } from '../../../dns/query/address-number.ts';
import { createDetails } from '../../../dns/query/details.ts';
import { createCookies } from '../../../dns/wire/cookies/cookies.ts';
import { systemClock } from '../../../system/index.ts';
import { queryOf, sameWhicheverIsFirst } from './queries.ts';

const FILE = {
  default: {
    authoritative: ['ours.'],
    search: ['ours'],
    recurse: [],
    a: {
      'web.ours.': { answer: ['10.0.0.1', '10.0.0.2', '10.0.0.3'], ttl: 5 },
      'db.ours.': { answer: ['10.0.0.9'] },
      'web.else.': { answer: ['10.1.0.1'] },
      'target.mine.': { answer: ['10.2.0.1'] },
      // Found by the common search list, as `twice.ours`.
      'twice.ours.ours.': { answer: ['10.4.0.1'] },
      'a.b.ours.': { answer: ['10.4.0.2'] },
    },
    cname: { 'www.ours.': { answer: 'target.' }, 'alias.ours.': { answer: 'web.ours.' } },
  },
  '10.9.0.1': { search: ['else'] },
  '10.9.0.2': { search: ['mine', 'ours'] },
  '10.9.0.3': { a: { 'web.ours.': { answer: ['10.3.0.1'] }, 'only.ours.': { answer: ['10.3.0.2'] } } },
};

async function answersOf(file: unknown): Promise<Answers> {
  const parsed = await parseAnswers('answers.json', JSON.stringify(file));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.answers;
}

function pathsOver(current: () => Answers) {
  const source = createAnswersSource({ current }, { ndots: 0, ttlSeconds: 600, neverRecurseTo: [] });
  const answerer = createAnswerer(
    {
      source,
      forwarder: { forward: async () => null },
      turns: createTurns(),
      onMalformed: () => undefined,
      cookies: createCookies({ clock: systemClock }),
    },
    { ttlSeconds: 600 },
  );
  return { answerer, hot: createHotPath({ source, answerer }, { maxBytes: 256 * 1024, maxNegatives: 1 }) };
}

test('with an answers file both paths give the same reply, in any order of askers, and after a reload', async () => {
  const files = [await answersOf(FILE), await answersOf({ default: { ...FILE.default, cname: {} } })];
  let current = files[0] as Answers;
  const { hot, answerer } = pathsOver(() => current);
  const tx = Buffer.alloc(1_232);
  const askers = ['10.9.0.1', '10.9.0.2', '10.9.0.3', '10.9.0.4'];
  const names = [
    'web.ours',
    'db.ours',
    'www.ours',
    'alias.ours',
    'web',
    'target',
    'nosuch.ours',
    'ours',
    'web.else',
    'twice.ours',
    'only.ours',
    'b.ours',
  ];
  let answered = 0;
  let refused = 0;
  const anyQuestion = fc.record({
    name: fc.constantFrom(...names),
    type: fc.constantFrom(1, 28, 5, 16),
    from: fc.constantFrom(...askers),
    file: fc.constantFrom(0, 0, 0, 0, 1),
  });
  fc.assert(
    fc.property(anyQuestion, ({ name, type, from, file }) => {
      current = files[file] as Answers;
      const query = queryOf(name, type);
      const size = hot.answer(query, 0, query.length, addressNumber(from), tx, 0);
      if (size <= 0) return;
      answered += 1;
      refused += Number((tx[3] ?? 0) % 16 === 3);
      const details = createDetails();
      const expected = answerer.answer(query, { address: from, transport: 'udp' }, details) as Buffer;
      const same = (reply: Buffer) => `${name} ${type} ${from} ${sameWhicheverIsFirst(reply, details.resolution)}`;
      expect(same(tx.subarray(0, size))).toBe(same(expected));
    }),
    { numRuns: 3_000 },
  );
  expect(answered).toBeGreaterThan(1_000);
  expect(refused).toBeGreaterThan(100);
  expect(hot.stats().faults).toBe(0);
});

test('a name is kept once for all askers without records of their own', async () => {
  const answers = await answersOf(FILE);
  const { hot } = pathsOver(() => answers);
  const tx = Buffer.alloc(1_232);
  const query = queryOf('web.ours', 1);
  for (const from of ['10.9.0.1', '10.9.0.2', '10.9.0.4', '10.9.0.5']) {
    expect(hot.answer(query, 0, query.length, addressNumber(from), tx, 0)).toBeGreaterThan(0);
  }
  expect(hot.stats().loaded).toBe(1);
});
