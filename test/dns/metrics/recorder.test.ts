import { expect, test } from 'vitest';
import { createRecorder } from '../../../dns/metrics/recorder.ts';
import { someReport } from './reports.ts';

test('counts replies by type, rcode and path, including those of the hot path', () => {
  const { queries, forwarded, held, malformed, answers, types, paths, drops } = someReport();
  expect({ queries, forwarded, held, malformed }).toEqual({ queries: 1_000, forwarded: 2, held: 1, malformed: 0 });
  expect(answers).toEqual({ NOERROR: 999, NXDOMAIN: 1 });
  expect(types).toEqual({ A: 902, AAAA: 97, HTTPS: 1 });
  expect(Object.entries(paths).map(([path, { count }]) => `${path} ${count}`)).toEqual([
    'hot 996',
    'general 2',
    'forwarded 1',
    'cached 1',
  ]);
  expect(drops).toEqual({ flood: 3 });
});

test('a flood of random types and codes takes no memory', () => {
  const recorder = createRecorder();
  for (let type = 0; type < 65_536; type += 1) recorder.answered('general', type, type & 0xfff, 1);
  const { types, answers, queries } = recorder.read();
  expect(queries).toBe(65_536);
  expect(Object.keys(types).length).toBe(259);
  expect(types.other).toBe(65_536 - 258);
  expect(Object.keys(answers).length).toBe(32);
});

test('extended rcodes have names', () => {
  const recorder = createRecorder();
  for (const rcode of [16, 23]) recorder.answered('general', 0, rcode, 1);
  expect(recorder.read().answers).toEqual({ BADVERS: 1, BADCOOKIE: 1 });
});

test('counting a million replies takes little time', () => {
  const recorder = createRecorder();
  const start = performance.now();
  for (let n = 0; n < 1_000_000; n += 1) recorder.answered('general', 1, 0, n & 0xfff);
  const nanoseconds = performance.now() - start;
  console.info(`${Math.round(nanoseconds)} ns a reply`);
  expect(recorder.read().queries).toBe(1_000_000);
  expect(nanoseconds).toBeLessThan(1_000);
});
