import { expect, test } from 'vitest';
import { parseLocks } from '../../agent/children/lock-holder.ts';

const LOCKS = `1: POSIX  ADVISORY  WRITE 11 fe:00:77 0 EOF
2: OFDLCK ADVISORY  READ -1 00:06:3 0 EOF
3: FLOCK  ADVISORY  WRITE 421 fe:00:77 0 EOF
3: -> FLOCK  ADVISORY  WRITE 500 fe:00:77 0 EOF
4: FLOCK  ADVISORY  WRITE 424 00:1a:77 0 EOF
5: FLOCK  ADVISORY  WRITE 0 00:1b:77 0 EOF
6: FLOCK  ADVISORY  WRITE 425 103:100:8 0 EOF
`;

test.each([
  [0xfe00, 77, 421],
  [0x1a, 77, 424],
  [0x1b, 77, null],
  [0xfe00, 78, null],
  [((0x100 >> 8) << 20) | (0x103 << 8), 8, 425],
])('parseLocks() finds the process with the lock on device %i, inode %i: %s', (dev, ino, pid) => {
  expect(parseLocks(LOCKS, { dev, ino })).toBe(pid);
});
