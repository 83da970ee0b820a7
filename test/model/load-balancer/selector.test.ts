import { expect, test } from 'vitest';
import { matchesSelector, parseSelector } from '../../../model/index.ts';

const matches = (text: string, labels: Readonly<Record<string, string>>): boolean | string => {
  const parsed = parseSelector(text);
  return parsed.ok ? matchesSelector(parsed.value, labels) : `${parsed.problem.what}; ${parsed.problem.hint}`;
};

// LB-11: what Rancher documents. Only `=` worked there.
test.each<[string, Readonly<Record<string, string>>, boolean]>([
  ['tier=front', { Tier: 'FRONT' }, true],
  ['TIER = Front ', { tier: 'front' }, true],
  ['tier=front', { tier: 'back' }, false],
  ['tier=front', {}, false],
  ['tier==front', { tier: 'front' }, true],
  ['tier=front,env=prod', { tier: 'front' }, false],
  ['tier=front , env=prod', { tier: 'front', env: 'prod' }, true],
  ['tier!=front', { tier: 'front' }, false],
  ['tier != front', { tier: 'back' }, true],
  ['tier!=front', {}, true],
  ['zone in (a,b)', { zone: 'B' }, true],
  ['zone IN ( a , b )', { zone: 'a' }, true],
  ['zone in(a,b)', { zone: 'a' }, true],
  ['zone in (a,b)', { zone: 'c' }, false],
  ['zone in (a,b)', {}, false],
  ['zone notin (a,b)', { zone: 'b' }, false],
  ['zone notin (a,b)', { zone: 'c' }, true],
  ['zone notin (a,b)', {}, true],
  ['tier', { tier: '' }, true],
  ['tier', { other: 'tier' }, false],
  ['!tier', {}, true],
  ['! tier', { Tier: 'x' }, false],
  ['tier=front,zone in (a,b),!old', { tier: 'front', zone: 'b' }, true],
  ['tier=front,zone in (a,b),!old', { tier: 'front', zone: 'b', old: '1' }, false],
  ['empty=', { empty: '' }, true],
  ['empty=', { empty: 'x' }, false],
  ['io.rancher.stack.name=shop', { 'io.rancher.stack.name': 'shop' }, true],
  ['example.com/team=web team', { 'example.com/team': 'Web Team' }, true],
  ['in in (in, notin)', { in: 'notin' }, true],
  ['notin', { notin: 'x' }, true],
])('matchesSelector() of %j with %j', (text, labels, expected) => {
  expect(matches(text, labels)).toBe(expected);
});

const FORMS = 'write key=value, key!=value, key in (a,b), key notin (a,b), key or !key';

test.each([
  ['', 'is empty and would match nothing; write it like tier=front'],
  ['  ', 'is empty and would match nothing; write it like tier=front'],
  ['a=b,,c=d', 'has nothing before or after a comma; remove the comma'],
  ['a=b,', 'has nothing before or after a comma; remove the comma'],
  [',a=b', 'has nothing before or after a comma; remove the comma'],
  [
    'tier=front env=prod',
    'has "tier=front env=prod", not a condition on a label; separate conditions with commas: tier=front, env=prod',
  ],
  ['tier front', `has "tier front", not a condition on a label; ${FORMS}`],
  ['zone notn (a)', 'has "zone notn (a)": "notn" is not an operator; did you mean notin?'],
  ['zone not in (a)', `has "zone not in (a)", not a condition on a label; ${FORMS}`],
  ['zone matches (a)', `has "zone matches (a)": "matches" is not an operator; ${FORMS}`],
  ['zone is (a)', 'has "zone is (a)": "is" is not an operator; did you mean in?'],
  ['zone in ()', 'has "zone in ()", with an empty value in the list; write it like zone in (a, b)'],
  ['zone in (a,,b)', 'has "zone in (a,,b)", with an empty value in the list; write it like zone in (a, b)'],
  ['zone in (a', `has "zone in (a", not a condition on a label; ${FORMS}`],
  ['=front', `has "=front", not a condition on a label; ${FORMS}`],
  ['a>3', `has "a>3", not a condition on a label; ${FORMS}`],
  ['!a=b', `has "!a=b", not a condition on a label; ${FORMS}`],
])('parseSelector(%j) says %j', (text, message) => {
  expect(matches(text, {})).toBe(message);
});
