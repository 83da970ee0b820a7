import { expect, test } from 'vitest';
import type { InstalledHaproxy } from '../../../haproxy/index.ts';
import { lackingProblems } from '../../../lb/haproxy/lacking.ts';
import { formatProblem, NO_RULE_OPTIONS } from '../../../model/index.ts';
import { backend, listener, rule, table } from '../render/tables.ts';

const TABLE = table({
  listeners: [listener(80, { rules: [rule('web', { path: { kind: 'regex', text: '^/[0-9]+' } }), rule('plain')] })],
  backends: [backend('web', { options: { ...NO_RULE_OPTIONS, gzip: true } }), backend('plain')],
});
const problems = (lacks: InstalledHaproxy['lacks'], of = TABLE) =>
  lackingProblems({ version: '2.6.12', features: [], lacks }, of).map(formatProblem);

test('lackingProblems() names the rules and backends that need what HAProxy was built without', () => {
  expect(problems([])).toEqual([]);
  expect(problems(['compression', 'regex', 'threads'])).toEqual([
    'backend web: does not compress its replies: HAProxy 2.6.12 was built without SLZ and ZLIB; install a HAProxy that has one of them, or remove `gzip`',
    'rule web: can match other paths than its regular expression says: HAProxy 2.6.12 was built without PCRE2 and PCRE, and knows only POSIX expressions; install a HAProxy that has one of them, or use another `path_match`',
    'load balancer: uses one processor core: HAProxy 2.6.12 was built without THREAD; install a HAProxy that has it, such as the package haproxy of Debian',
  ]);
  expect(problems(['compression', 'regex', 'threads'], table({}))).toEqual([]);
});
