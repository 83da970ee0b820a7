import { nearestWord } from '../collections/nearest.ts';
import { ok, problem, type Result } from '../problem/result.ts';

/** Conditions on labels; all must hold. */
export type Selector = readonly SelectorTerm[];

/** Key and values are in lower case. `notin` and `absent` also hold for an object without the key. */
export type SelectorTerm =
  | { readonly key: string; readonly operator: 'in' | 'notin'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'exists' }
  | { readonly key: string; readonly operator: 'absent' };

/** Parses `tier=front, env!=test, zone in (a, b), zone notin (c), ready, !old`. Keys and values are compared ignoring case. */
export function parseSelector(text: string): Result<Selector> {
  const terms: SelectorTerm[] = [];
  for (const part of partsOf(text)) {
    const term = part === '' ? emptyPart(text) : parseTerm(part);
    if (!term.ok) return problem(text, term.problem.what, term.problem.hint);
    terms.push(term.value);
  }
  return ok(terms);
}

export function matchesSelector(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  const folded = Object.entries(labels).map(([key, value]) => [key.toLowerCase(), value.toLowerCase()] as const);
  return selector.every((term) => {
    const values = folded.flatMap(([key, value]) => (key === term.key ? [value] : []));
    if (term.operator === 'exists') return values.length > 0;
    if (term.operator === 'absent') return values.length === 0;
    return values.some((value) => term.values.includes(value)) === (term.operator === 'in');
  });
}

/** The text between the commas that are not in parentheses. */
function partsOf(text: string): readonly string[] {
  const parts = text.match(/(?:[^,(]|\([^)]*\)?)+|(?<=^|,)(?=,|$)/g) ?? [''];
  return parts.map((part) => part.trim());
}

function parseTerm(part: string): Result<SelectorTerm> {
  const term = part.toLowerCase();
  const [, absent, alone] = /^(!?)\s*([^\s=!(),<>~]+)$/.exec(term) ?? [];
  if (alone !== undefined) return ok(absent ? { key: alone, operator: 'absent' } : { key: alone, operator: 'exists' });
  const [, key, sign, value = ''] = /^([^\s=!(),<>~]+)\s*(!=|==?)([^=(),]*)$/.exec(term) ?? [];
  if (key !== undefined) return ok({ key, operator: sign === '!=' ? 'notin' : 'in', values: [value.trim()] });
  const [, subject, word = '', list = ''] = /^([^\s=!(),<>~]+)\s+([^\s()=]+)\s*\(([^()]*)\)$/.exec(term) ?? [];
  if (subject === undefined) return refused(part);
  if (word !== 'in' && word !== 'notin') return unknownOperator(part, word);
  const values = list.split(',').map((one) => one.trim());
  if (values.includes('')) {
    return problem(part, `has ${show(part)}, with an empty value in the list`, 'write it like zone in (a, b)');
  }
  return ok({ key: subject, operator: word, values });
}

function emptyPart(text: string): Result<never> {
  if (text.trim() !== '') return problem(text, 'has nothing before or after a comma', 'remove the comma');
  return problem(text, 'is empty and would match nothing', 'write it like tier=front');
}

function unknownOperator(part: string, word: string): Result<never> {
  const nearest = nearestWord(word, ['in', 'notin']);
  return problem(
    part,
    `has ${show(part)}: ${show(word)} is not an operator`,
    nearest ? `did you mean ${nearest}?` : FORMS,
  );
}

function refused(part: string): Result<never> {
  const isMissingComma = part.split('=').length > 2;
  const hint = isMissingComma ? 'separate conditions with commas: tier=front, env=prod' : FORMS;
  return problem(part, `has ${show(part)}, not a condition on a label`, hint);
}

const FORMS = 'write key=value, key!=value, key in (a,b), key notin (a,b), key or !key';

const show = (text: string): string => JSON.stringify(text.slice(0, 80));
