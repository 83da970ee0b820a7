import { parse, type Tags } from 'yaml';
import { parseJsonIntegers } from '../../model/index.ts';
import { createMemo } from '../tree/memo.ts';
import type { TreeSource, Trees } from '../tree/tree-source.ts';
import { isObject, own, type Value, type ValueObject } from '../value/value.ts';

/** Version -> client address or `default` -> tree. */
export type Answers = ValueObject;

const DEFAULT = 'default';
const LATEST = 'latest';

/** Parses answers in JSON or YAML. Whole numbers beyond 2^53 stay exact. Throws with what is wrong and how to fix it. */
export function parseAnswers(text: string, form: 'json' | 'yaml' = 'json'): Answers {
  const value = form === 'json' ? (parseJsonIntegers(text, exact) as Value) : parseYaml(text);
  const shape = 'write it as version -> client address or `default` -> tree';
  if (!isObject(value)) throw new Error(`answers: not an object; ${shape}`);
  for (const [version, clients] of Object.entries(value)) {
    if (!isObject(clients)) throw new Error(`answers: ${version} is not an object; ${shape}`);
  }
  return value;
}

/** Whether the file name ends in `.yml` or `.yaml`. */
export function isYamlFile(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}

const [INT64_MIN, UINT64_MAX] = [-(2n ** 63n), 2n ** 64n - 1n];

/** Types of YAML 1.1 that JSON does not have. Their text is taken as it is. */
const NOT_JSON = /:(timestamp|binary|omap|pairs|set)$/;

function parseYaml(text: string): Value {
  const customTags = (tags: Tags) => tags.filter((tag) => typeof tag === 'string' || !NOT_JSON.test(tag.tag));
  return plain(parse(text, { version: '1.1', intAsBigInt: true, customTags, logLevel: 'error' }));
}

function plain(value: unknown): Value {
  if (typeof value === 'bigint') return exact(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return (value ?? null) as Value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function exact(integer: bigint): number | bigint {
  if (integer >= Number.MIN_SAFE_INTEGER && integer <= Number.MAX_SAFE_INTEGER) return Number(integer);
  return integer >= INT64_MIN && integer <= UINT64_MAX ? integer : Number(integer);
}

/** Serves answers. `answers` returns the present ones. */
export function createAnswersSource(answers: () => Answers): TreeSource {
  const frozen = createMemo<Answers, Trees>();
  const freeze = (): Trees => {
    const present = answers();
    return frozen(present, [], () => treesOf(withDefaults(present)));
  };
  return {
    versions: () => freeze().versions(),
    treeFor: (version, address) => freeze().treeFor(version, address),
    freeze,
    recognise: () => null,
  };
}

/** Each client also has the top-level keys of `default` that its own entry does not have, as in rancher-metadata 0.7. */
function withDefaults(answers: Answers): Answers {
  return mapValues(answers, (clients) => {
    if (!isObject(clients)) return clients;
    const defaults = own(clients, DEFAULT) ?? null;
    if (!isObject(defaults)) return clients;
    return mapValues(clients, (tree) => (isObject(tree) ? { ...defaults, ...tree } : tree));
  });
}

function mapValues(object: ValueObject, change: (value: Value) => Value): ValueObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

function treesOf(answers: Answers): Trees {
  return {
    versions: () =>
      Object.fromEntries([...Object.keys(answers), LATEST].map((version) => [version, `/${version}`] as const)),
    treeFor: (version, address) => {
      const clients = clientsOf(answers, version);
      if (clients === undefined) return undefined;
      return isObject(clients) ? (own(clients, address) ?? own(clients, DEFAULT) ?? null) : null;
    },
  };
}

/** If the answers have no `latest`, it is their highest version. */
function clientsOf(answers: Answers, version: string): Value | undefined {
  const clients = own(answers, version);
  if (clients !== undefined || version !== LATEST) return clients;
  return own(answers, Object.keys(answers).sort().at(-1) ?? '') ?? null;
}
