import { expect, test } from 'vitest';
import { refusalText } from '../../../lb/haproxy/leave-out.ts';

test('refusalText() names the own line, and shortens a message in its middle', () => {
  expect(refusalText("unknown keyword 'x'", null)).toBe("refuses it: unknown keyword 'x'");
  expect(refusalText('is wrong', 'acl "a"')).toBe('refuses the line "acl \\"a\\"": is wrong');
  const text = refusalText(`'http-request' expects ${"'word', ".repeat(90)}but got 'deni'`, 'x'.repeat(500));
  expect(text).toMatch(/^refuses the line "x{49}…x{49}": 'http-request' expects 'word', .*….* but got 'deni'$/);
  expect(text.length).toBeLessThan(420);
});
