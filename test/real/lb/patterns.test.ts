import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pattern } from '../../../lb/render/quote.ts';
import { parsePathPattern } from '../../../model/index.ts';

/** Parts of regular expressions, also of those that JavaScript and PCRE understand differently. */
const PIECES = (
  'a b / . - _ ~ @ & , = ! < > : %2F ( (?: (?i: (?= (?! (?<n> (?# ) * + ? *? ++ | ^ $ { } [ ] {2} {1,3} {2,} {,3} {0} {999} {1000} ' +
  '[a-z] [^/] [\\]a] [\\w-] [a-] [.] [.a.] [=a=] [:a] [:digit:] [[:digit:]] [^] [] [\\d-x] [z-a] ' +
  '\\d \\W \\s \\b \\B \\. \\/ \\- \\$ \\{ \\1 \\x41 \\h \\Q \\E \\A \\z \\K \\R \\pL \\c \\\\ \\0 \\k<n>'
).split(' ');

test('HAProxy accepts every regular expression that Drover accepts', async () => {
  const written = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));
  const accepted = fc.sample(written, { numRuns: 20_000, seed: 7 }).flatMap((text) => {
    const parsed = parsePathPattern(text, 'regex');
    return parsed.ok && parsed.value ? [parsed.value.text] : [];
  });
  expect(accepted.length).toBeGreaterThan(1000);
  const rules = accepted.map((text) => `  http-request deny if { path -m reg ${pattern(text)} }`);
  const directory = await mkdtemp(join(tmpdir(), 'drover-patterns-'));
  try {
    const file = join(directory, 'haproxy.cfg');
    await writeFile(file, ['defaults', '  mode http', 'frontend f', '  bind 127.0.0.1:1', ...rules, ''].join('\n'));
    const { all, exitCode } = await execa('test/support/haproxy', ['-c', '-f', file], { all: true, reject: false });
    const alerts = all.split('\n').filter((line) => line.includes('ALERT'));
    expect([exitCode, alerts.slice(0, 5)]).toEqual([0, []]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
