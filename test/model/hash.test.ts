import { expect, test } from 'vitest';
import { hash32 } from '../../model/index.ts';

test.each([
  ['', 2872998923],
  ['host-0', 2731838131],
  ['éa', 3565146032],
  ['a😀b', 1495437518],
])('hash32(%j) is %d on every host, whatever version computes it', (text, expected) => {
  expect(hash32(text)).toBe(expected);
});
