import { expect, test } from 'vitest';
import { formatCommand, parseCommand } from '../../../model/index.ts';

const read = (given: unknown): unknown => {
  const parsed = parseCommand(given);
  return parsed.ok ? parsed.value : `refused: ${parsed.problem.what}`;
};

test.each<[unknown, unknown]>([
  ['pg_isready -q', ['/bin/sh', '-c', 'pg_isready -q']],
  ['[ -e /ready ] && true', ['/bin/sh', '-c', '[ -e /ready ] && true']],
  ['["pg_isready", "-q"]', ['pg_isready', '-q']],
  [' [ "CMD", "a", "b c" ]', ['a', 'b c']],
  ['["CMD-SHELL", "a || exit 1"]', ['/bin/sh', '-c', 'a || exit 1']],
  [
    ['redis-cli', '-p', 6379],
    ['redis-cli', '-p', '6379'],
  ],
  [['CMD', 'CMD'], ['CMD']],
  ['["a"', 'refused: is not a text or a list of texts'],
  ['[]', 'refused: has no program'],
  ['["CMD"]', 'refused: has no program'],
  ['["CMD-SHELL", "a", "b"]', 'refused: has not one line after `CMD-SHELL`'],
  ['["a", ["b"]]', 'refused: is not a list of texts'],
  [['a', null], 'refused: is not a list of texts'],
  [[' '], 'refused: has no program'],
  [{ test: 'a' }, 'refused: is not a text or a list of texts'],
  [true, 'refused: is not a text or a list of texts'],
  ['a\0b', 'refused: has a NUL character'],
  ['x'.repeat(4_001), 'refused: has 4010 characters'],
  [Array(101).fill('a'), 'refused: has 101 words'],
])('the command %j', (given, expected) => expect(read(given)).toEqual(expected));

test.each([[['a', 'b']], [['CMD', 'a']], [['CMD-SHELL', 'a', 'b']]])(
  'formatCommand(%j) is parsed to the same',
  (words) => expect(read(formatCommand(words))).toEqual(words),
);
