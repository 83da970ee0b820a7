import { nearestWord } from '../collections/nearest.ts';
import { ok, problem, type Result } from '../problem/result.ts';
import { parseWhole, scalarText, showScalar } from '../values/scalars.ts';
import { parseCommand } from './command.ts';
import { defaultHealthCheck, type HealthCheck } from './health.ts';
import { parseRequestLine } from './request-line.ts';
import { parseStatusSet } from './status-set.ts';

/** The accepted numbers by key, from the least to the most; times in milliseconds. */
export const CHECK_LIMITS = {
  port: [1, 65_535],
  // A shorter interval would cost more CPU than it finds failures earlier.
  interval: [100, 86_400_000],
  response_timeout: [1, 3_600_000],
  healthy_threshold: [1, 1_000],
  unhealthy_threshold: [1, 1_000],
  initializing_timeout: [0, 86_400_000],
  reinitializing_timeout: [0, 86_400_000],
  quorum: [1, 1_000],
} as const;

/** Why the value of a key is not accepted. */
export interface CheckFault {
  readonly key: string;
  readonly what: string;
  readonly hint: string;
}

export interface ReadCheck {
  /** Null: there are faults. */
  readonly check: HealthCheck | null;
  readonly faults: readonly CheckFault[];
}

type Fields = Partial<HealthCheck>;
type Read = (given: unknown) => Result<Fields>;

const READERS: Readonly<Record<string, Read>> = {
  port: number('port', 'port'),
  request_line: (given) => {
    const text = scalarText(given);
    if (text === null) return problem('', 'is not a text', 'write it as GET "/path" "HTTP/1.0"');
    const parsed = parseRequestLine(text);
    return parsed.ok ? ok({ requestLine: text }) : parsed;
  },
  expected_status: (given) => {
    const parsed = parseStatusSet(scalarText(given) ?? '');
    return parsed.ok ? ok({ expectedStatus: parsed.value }) : parsed;
  },
  exec: (given) => {
    const parsed = parseCommand(given);
    return parsed.ok ? ok({ exec: parsed.value }) : parsed;
  },
  interval: number('interval', 'intervalMs'),
  response_timeout: number('response_timeout', 'responseTimeoutMs'),
  healthy_threshold: number('healthy_threshold', 'healthyThreshold'),
  unhealthy_threshold: number('unhealthy_threshold', 'unhealthyThreshold'),
  initializing_timeout: number('initializing_timeout', 'initializingTimeoutMs'),
  reinitializing_timeout: number('reinitializing_timeout', 'reinitializingTimeoutMs'),
  strategy: (given) => {
    const text = scalarText(given)?.toLowerCase();
    const strategy = STRATEGIES.find((one) => one.toLowerCase() === text);
    return strategy
      ? ok({ strategy })
      : problem('', `is ${showScalar(given)}, not a strategy`, `use one of ${STRATEGIES.join(', ')}`);
  },
  quorum: number('quorum', 'recreateOnQuorum'),
};
const STRATEGIES = ['none', 'recreate', 'recreateOnQuorum'] as const;

/** The keys of a check. */
export const CHECK_KEYS: readonly string[] = Object.keys(READERS);

/** 0 means the default: programs in Go write 0 for numbers that are not set. */
const UNSET_AT_ZERO = new Set(['interval', 'response_timeout', 'healthy_threshold', 'unhealthy_threshold', 'quorum']);

/**
 * The check that these keys declare, in labels and in manifests alike. Empty values count as not given. `nameOf` gives the name of a
 * key in messages. Unknown keys are faults.
 */
export function readHealthCheck(given: Readonly<Record<string, unknown>>, nameOf: (key: string) => string): ReadCheck {
  const entries = Object.entries(given).filter(([key, value]) => !isUnset(key, value));
  const faults: CheckFault[] = [];
  const fields: Fields[] = [];
  for (const [key, value] of entries) {
    const result = Object.hasOwn(READERS, key) ? READERS[key]?.(value) : unknownKey(key, nameOf);
    if (result?.ok) fields.push(result.value);
    else if (result) faults.push({ key, what: result.problem.what, hint: result.problem.hint });
  }
  const has = (key: string): boolean => entries.some(([one]) => one === key);
  const check: HealthCheck = Object.assign({ port: 0, ...defaultHealthCheck }, ...fields);
  if (faults.length === 0) faults.push(...contradictions(has, check.strategy, nameOf));
  if (faults.length > 0) return { check: null, faults };
  const recreateOnQuorum = check.strategy === 'recreateOnQuorum' ? (check.recreateOnQuorum ?? 1) : null;
  return { check: { ...check, recreateOnQuorum }, faults };
}

function contradictions(
  has: (key: string) => boolean,
  strategy: HealthCheck['strategy'],
  nameOf: (key: string) => string,
): readonly CheckFault[] {
  const faults: CheckFault[] = [];
  const name = (key: string): string => `\`${nameOf(key)}\``;
  const clash = (key: string, other: string): void => {
    const what = `does not go together with ${name(other)}`;
    if (has(key) && has(other)) faults.push({ key, what, hint: 'remove one of them' });
  };
  clash('port', 'exec');
  clash('request_line', 'exec');
  if (!has('port') && !has('exec')) {
    const hint = `add the port, or a command as ${name('exec')}`;
    faults.push({ key: 'port', what: 'is missing; the check needs it', hint });
  }
  if (has('expected_status') && !has('request_line')) {
    const hint = 'add the request, or remove the status';
    faults.push({ key: 'expected_status', what: `needs ${name('request_line')}`, hint });
  }
  if (has('quorum') && strategy !== 'recreateOnQuorum') {
    const what = `needs \`${nameOf('strategy')}: recreateOnQuorum\``;
    faults.push({ key: 'quorum', what, hint: 'set the strategy, or remove the quorum' });
  }
  return faults;
}

function isUnset(key: string, value: unknown): boolean {
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return true;
  return UNSET_AT_ZERO.has(key) && scalarText(value) === '0';
}

function unknownKey(key: string, nameOf: (key: string) => string): Result<never> {
  const nearest = nearestWord(key, CHECK_KEYS);
  const hint = nearest ? `write \`${nameOf(nearest)}\`` : 'remove it';
  return problem('', 'is not a key of a health check', hint);
}

function number(key: keyof typeof CHECK_LIMITS, field: keyof HealthCheck): Read {
  const [least, most] = CHECK_LIMITS[key];
  return (given) => {
    const read = parseWhole(given, least, most);
    return read.ok ? ok({ [field]: read.value }) : read;
  };
}
