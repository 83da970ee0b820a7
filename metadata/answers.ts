import type { TreeSource } from './tree-source.ts';
import { isObject, own, type Value, type ValueObject } from './value.ts';

/** Version -> client address or `default` -> tree. */
export type Answers = ValueObject;

const DEFAULT = 'default';
const LATEST = 'latest';

/** Reads answers from JSON text; whole numbers beyond 2^53 stay exact. Throws with what is wrong. */
export function parseAnswers(text: string): Answers {
  const value: Value = JSON.parse(text, exactNumber);
  if (!isObject(value)) throw new Error('answers: not an object; write it as {"latest": {"default": {...}}}');
  return value;
}

const [INT64_MIN, UINT64_MAX] = [-(2n ** 63n), 2n ** 64n - 1n];

function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(context?.source ?? '')) return value;
  const exact = BigInt(context?.source ?? '');
  return exact >= INT64_MIN && exact <= UINT64_MAX ? exact : value;
}

/** Serves answers as they stand; `answers` gives the newest. */
export function createAnswersSource(answers: () => Answers): TreeSource {
  return {
    versions: () =>
      Object.fromEntries([...Object.keys(answers()), LATEST].map((version) => [version, `/${version}`] as const)),
    treeFor: (version, address) => {
      const clients = clientsOf(answers(), version);
      if (clients === undefined) return undefined;
      return isObject(clients) ? (own(clients, address) ?? own(clients, DEFAULT) ?? null) : null;
    },
    recognise: () => null,
  };
}

/** `latest` is the highest version where the answers do not name one. */
function clientsOf(answers: Answers, version: string): Value | undefined {
  const clients = own(answers, version);
  if (clients !== undefined || version !== LATEST) return clients;
  return own(answers, Object.keys(answers).sort().at(-1) ?? '') ?? null;
}
