import { expect, test } from 'vitest';
import { parseStatusSet } from '../../../model/index.ts';

const read = (text: string): string => {
  const parsed = parseStatusSet(text);
  return parsed.ok ? parsed.value : `refused: ${parsed.problem.what}`;
};

test.each([
  ['200', '200'],
  ['200-299,304', '200-299,304'],
  [' 304 , 200-299,304', '200-299,304'],
  ['100-599', '100-599'],
  ['399-200', 'refused: has "399-200", a range that ends before it begins'],
  ['99', 'refused: has "99", not a status from 100 to 599 or a range'],
  ['600', 'refused: has "600", not a status from 100 to 599 or a range'],
  ['abc', 'refused: has "abc", not a status from 100 to 599 or a range'],
  ['', 'refused: has "", not a status from 100 to 599 or a range'],
  ['200,', 'refused: has "", not a status from 100 to 599 or a range'],
  ['200-', 'refused: has "200-", not a status from 100 to 599 or a range'],
  ['2xx', 'refused: has "2xx", not a status from 100 to 599 or a range'],
  ['200-250-299', 'refused: has "200-250-299", not a status from 100 to 599 or a range'],
  ['200 http-check', 'refused: has "200 http-check", not a status from 100 to 599 or a range'],
  ['200\nglobal', 'refused: has "200\\nglobal", not a status from 100 to 599 or a range'],
  ['200 \n', '200'],
  [Array(21).fill('200').join(','), 'refused: has 21 ranges'],
])('statuses %j', (text, expected) => expect(read(text)).toBe(expected));
