import { expect, test } from 'vitest';
import { parseSignal, stopPatienceMs } from '../../../sources/docker/convert/stop-signal.ts';

test.each([
  ['SIGTERM', 15],
  ['term', 15],
  ['15', 15],
  ['QUIT', 3],
  ['SIGRTMIN+3', 37],
  ['RTMIN', 34],
  ['RTMAX-1', 63],
  ['RTMAX', 64],
  ['RTMIN+40', null],
  ['SIGNONSENSE', null],
  ['', null],
])('parseSignal(%j) is %j', (text, expected) => {
  expect(parseSignal(text)).toBe(expected);
});

test.each([
  [undefined, 15_000],
  [null, 15_000],
  [0, 5_000],
  [60, 65_000],
  [2 ** 32, 86_405_000],
  [-1, 600_000],
])('a container with StopTimeout %j counts as stopping for %i ms', (stopTimeout, expected) => {
  expect(stopPatienceMs(stopTimeout)).toBe(expected);
});
