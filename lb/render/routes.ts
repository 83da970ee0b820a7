import type { Rule } from '../table/table.ts';
import { shortHash } from './hash.ts';
import { mapEntry, pattern, UnwritableError, word } from './quote.ts';
import { mapFile, rulesMap } from './run-time-maps.ts';
import { splitRules } from './simple-rules.ts';

/** A line of a frontend that chooses a backend. */
export interface Route {
  readonly line: string;
  /** Null: the line stands for many rules. */
  readonly rule: Rule | null;
}

export interface Routes {
  readonly routes: readonly Route[];
  /** Map files: path -> text. */
  readonly files: ReadonlyMap<string, string>;
}

/** The rules of an http or https listener that come and go at run time. */
export interface SimpleRules {
  /** See `rulesMap`. */
  readonly map: string;
  /** What the variable `SECTION` must have: the section of a request, if it has one. */
  readonly sample: string;
  /** Whether no other rule but that for everything can match what these do not. */
  readonly isLast: boolean;
  /** Key -> backend. */
  readonly backends: ReadonlyMap<string, string>;
}

export interface ListenerRoutes extends Routes {
  /** Null: the listener is not for http or https. */
  readonly simple: SimpleRules | null;
  /** The backends that are chosen by other rules. */
  readonly fixed: ReadonlySet<string>;
}

/** The variables of the path that lines may name; the first has it in lower case. */
export const PATH = 'txn.path';
export const RAW_PATH = 'txn.raw_path';

/** The section that the map of simple rules has for a request: one lookup, although a line asks for it twice. */
export const SECTION = 'txn.section';

/** A map of fewer rules is written as one line for each, which is easier to read. */
const SMALLEST_MAP = 8;

/** How a rule can be found in a map. `beg`: by its longest beginning. */
interface Key {
  /** Sample expression and method: rules with the same one can share a map. */
  readonly lookup: string;
  readonly match: 'str' | 'beg';
  readonly key: string;
}

/** The rule, if it can be written; else it throws. */
export function checkRule(rule: Rule): Rule {
  const key = keyOf(rule, true);
  if (key !== null) mapEntry(key.key, rule.backend);
  if (rule.path !== null && rule.path.kind !== 'regex' && !rule.path.text.startsWith('/')) {
    throw new UnwritableError('the path does not begin with a slash');
  }
  lineOf(rule);
  return rule;
}

/** The lines that have the effect of "the first rule that matches decides". `httpPort`: null for other protocols. */
export function routesOf(rules: readonly Rule[], httpPort: number | null): ListenerRoutes {
  const looksAtPath = rules.some(({ path }) => path !== null);
  const { before, simple, after } = httpPort === null ? { before: [], simple: [], after: rules } : splitRules(rules);
  const [first, last] = [routesOfOthers(before, looksAtPath), routesOfOthers(after, looksAtPath)];
  const files = new Map([...first.files, ...last.files]);
  const fixed = new Set([...before, ...after].map(({ backend }) => backend));
  if (httpPort === null) return { routes: last.routes, files, simple: null, fixed };
  const lookup = looksAtPath ? HOST_AND_PATH : { lookup: HOST, match: 'str' as const };
  const map = rulesMap(looksAtPath ? 'paths' : 'hosts', httpPort);
  const [run] = runsOf(simple, looksAtPath);
  const backends = new Map([...(run?.rules ?? [])].map(([key, { backend }]) => [key, backend]));
  const sample = `${lookup.lookup},map_${lookup.match}(${mapFile(map)})`;
  // HAProxy goes on to the default backend if there is no section of that name.
  const isLast = last.routes.every(({ line }) => line.startsWith('default_backend '));
  const route = {
    line: isLast ? `use_backend %[${sample}]` : `use_backend %[var(${SECTION})] if { var(${SECTION}) -m found }`,
    rule: null,
  };
  return { routes: [...first.routes, route, ...last.routes], files, simple: { map, backends, sample, isLast }, fixed };
}

function routesOfOthers(rules: readonly Rule[], looksAtPath: boolean): Routes {
  const catchAll = rules.findIndex((rule) => rule.host === null && rule.path === null);
  const others = catchAll === -1 ? rules : rules.slice(0, catchAll);
  const parts = runsOf(others, looksAtPath).map(routesOfRun);
  const last = rules[catchAll];
  return {
    routes: [
      ...parts.flatMap(({ routes }) => routes),
      ...(last === undefined ? [] : [{ line: `default_backend ${word(last.backend)}`, rule: last }]),
    ],
    files: new Map(parts.flatMap(({ files }) => [...files])),
  };
}

interface Run {
  /** Null: one rule that no map can hold. */
  readonly lookup: Key | null;
  readonly rules: Map<string, Rule>;
}

/** Consecutive rules with the same lookup. A map gives the longest match, so a rule that an earlier one of its run hides is left out. */
function runsOf(rules: readonly Rule[], looksAtPath: boolean): readonly Run[] {
  const runs: Run[] = [];
  for (const rule of rules) {
    const key = keyOf(rule, looksAtPath);
    const last = runs.at(-1);
    if (key === null || last?.lookup?.lookup !== key.lookup) {
      runs.push({ lookup: key, rules: new Map([[key?.key ?? '', rule]]) });
    } else if (!isHidden(key, last.rules)) {
      last.rules.set(key.key, rule);
    }
  }
  return runs;
}

function isHidden({ match, key }: Key, earlier: ReadonlyMap<string, Rule>): boolean {
  if (match === 'str') return earlier.has(key);
  for (let length = 1; length <= key.length; length++) if (earlier.has(key.slice(0, length))) return true;
  return false;
}

function routesOfRun({ lookup, rules }: Run): Routes {
  if (lookup === null || rules.size < SMALLEST_MAP) {
    const routes = [...rules.values()].map((rule) => ({ line: lineOf(rule), rule }));
    return { routes, files: new Map() };
  }
  const text = [...rules].map(([key, rule]) => mapEntry(key, rule.backend)).join('');
  const path = `maps/${shortHash(text)}.map`;
  return { routes: [{ line: lookupLine(lookup, path), rule: null }], files: new Map([[path, text]]) };
}

function lookupLine({ lookup, match }: Pick<Key, 'lookup' | 'match'>, file: string): string {
  const found = `${lookup},map_${match}(${file})`;
  return `use_backend %[${found}] if { ${found} -m found }`;
}

const HOST = 'var(txn.host)';
const HOST_AND_PATH = { lookup: `${HOST},concat(,${PATH})`, match: 'beg' } as const;

/** `looksAtPath`: a rule without a path shares a map with others, which look at the path. */
function keyOf({ host, path }: Rule, looksAtPath: boolean): Key | null {
  if (host !== null && host.kind !== 'exact') return null;
  const hostText = host?.text ?? '';
  if (!looksAtPath) return { lookup: HOST, match: 'str', key: hostText };
  const both = (variable: string) => (host === null ? `var(${variable})` : `${HOST},concat(,${variable})`);
  switch (path?.kind) {
    case undefined:
      return { lookup: both(PATH), match: 'beg', key: `${hostText}/` };
    case 'prefix':
      return { lookup: both(PATH), match: 'beg', key: hostText + path.text };
    case 'segment':
      return { lookup: `${both(PATH)},concat(/)`, match: 'beg', key: hostText + withSlash(path.text) };
    case 'exact':
      return { lookup: both(RAW_PATH), match: 'str', key: hostText + path.text };
    case 'regex':
      return null;
  }
}

function lineOf({ host, path, backend }: Rule): string {
  const conditions = [host === null ? '' : hostCondition(host), path === null ? '' : pathCondition(path)];
  return ['use_backend', word(backend), 'if', ...conditions.filter(Boolean)].join(' ');
}

const HOST_METHOD = { exact: 'str', suffix: 'end', prefix: 'beg' } as const;

function hostCondition({ kind, text }: NonNullable<Rule['host']>): string {
  return `{ ${HOST} -m ${HOST_METHOD[kind]} ${pattern(text)} }`;
}

function pathCondition({ kind, text }: NonNullable<Rule['path']>): string {
  switch (kind) {
    case 'prefix':
      return `{ var(${PATH}) -m beg ${pattern(text)} }`;
    case 'segment':
      return `{ var(${PATH}),concat(/) -m beg ${pattern(withSlash(text))} }`;
    case 'exact':
      return `{ var(${RAW_PATH}) -m str ${pattern(text)} }`;
    case 'regex':
      return `{ var(${RAW_PATH}) -m reg ${pattern(text)} }`;
  }
}

function withSlash(text: string): string {
  return text.endsWith('/') ? text : `${text}/`;
}
