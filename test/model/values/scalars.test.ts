import { expect, test } from 'vitest';
import { parseDurationMs, parseFlag, parseSizeBytes, parseWhole, parseWord } from '../../../model/index.ts';

test.each([
  ['1', 1],
  [500, 500],
  ['1b', 1],
  ['500k', 512_000],
  ['500 KiB', 512_000],
  ['10m', 10_485_760],
  ['10MB', 10_485_760],
  ['1g', 1_073_741_824],
  ['1024g', 1024 ** 4],
  ['1025g', null],
  ['1099511627777', null],
  ['0', null],
  ['-1', null],
  ['1.5m', null],
  ['10x', null],
  ['m', null],
  [true, null],
  [['1'], null],
  [null, null],
])('parseSizeBytes(%j) is %j', (given, sizeBytes) => {
  const parsed = parseSizeBytes(given);
  expect(parsed.ok ? parsed.value : null).toBe(sizeBytes);
});

test.each([
  ['1', 1],
  [1500, 1500],
  ['250ms', 250],
  ['30s', 30_000],
  ['5 m', 300_000],
  ['2H', 7_200_000],
  ['7d', 604_800_000],
  ['604800001', null],
  ['8d', null],
  ['0s', null],
  ['30 sec', null],
  ['1.5s', null],
  ['s', null],
  [{}, null],
])('parseDurationMs(%j) is %j', (given, ms) => {
  const parsed = parseDurationMs(given);
  expect(parsed.ok ? parsed.value : null).toBe(ms);
});

test.each([
  [true, true],
  ['Yes', true],
  ['on', true],
  ['y', true],
  [false, false],
  ['NO', false],
  ['off', false],
  ['n', false],
  [1, null],
  ['truely', null],
  ['', null],
])('parseFlag(%j) is %j', (given, flag) => {
  const parsed = parseFlag(given);
  expect(parsed.ok ? parsed.value : null).toBe(flag);
});

test('parseWhole() accepts both limits', () => {
  const texts = ['2', 2, ' 9 ', '1', '10', '2.0', '+2', '0x2', '99999999999'];
  expect(texts.map((text) => parseWhole(text, 2, 9).ok)).toEqual([
    true,
    true,
    true,
    ...texts.slice(3).map(() => false),
  ]);
});

test('parseWord() ignores case and suggests the nearest word', () => {
  expect(parseWord(' V2 ', ['v1', 'v2'])).toEqual({ ok: true, value: 'v2' });
  expect(parseWord('segments', ['prefix', 'segment'])).toMatchObject({ problem: { hint: 'did you mean segment?' } });
  expect(parseWord('', ['v1', 'v2'])).toMatchObject({ problem: { hint: 'use one of v1, v2' } });
});
