import type { Result } from '../problem/result.ts';
import { parseDurationMs, parseFlag, parseSizeBytes, parseWord, scalarText } from '../values/scalars.ts';
import { parseBasicAuth } from './basic-auth.ts';
import { NO_RULE_OPTIONS, type PortRuleProtocol, type RuleOptions } from './load-balancer.ts';

/** Why the value of a key is not accepted. */
export interface RuleKeyFault {
  readonly key: string;
  readonly what: string;
  readonly hint: string;
}

type Option = {
  readonly [Field in keyof RuleOptions]: readonly [Field, (given: unknown) => Result<RuleOptions[Field]>];
}[keyof RuleOptions];

const OPTIONS = {
  proto: ['proto', (given) => parseWord(given, ['h1', 'h2', 'https'])],
  redirect_https: ['redirectHttps', parseFlag],
  gzip: ['gzip', parseFlag],
  basic_auth: ['basicAuth', parseBasicAuth],
  max_body: ['maxBodyBytes', parseSizeBytes],
  server_timeout: ['serverTimeoutMs', parseDurationMs],
  tunnel_timeout: ['tunnelTimeoutMs', parseDurationMs],
  forwarded: ['forwarded', parseFlag],
  send_proxy: ['sendProxy', (given) => parseWord(given, ['v1', 'v2'])],
  balance: ['balance', (given) => parseWord(given, ['roundrobin', 'leastconn', 'source'])],
} as const satisfies Readonly<Record<string, Option>>;

export type RuleOptionKey = keyof typeof OPTIONS;

/** The options of a rule, as they are named in a manifest. */
export const RULE_OPTION_KEYS = Object.keys(OPTIONS) as readonly RuleOptionKey[];

/** Options that change requests or answers, which tcp, tls and sni rules do not see. */
const NEEDS_HTTP: readonly RuleOptionKey[] = ['redirect_https', 'gzip', 'basic_auth', 'max_body', 'forwarded'];

export interface ReadOptions {
  /** Options with a fault have their default. */
  readonly options: RuleOptions;
  readonly faults: readonly RuleKeyFault[];
}

/**
 * The options of a rule, from a manifest or from labels. Empty values count as not given, except for passwords: the rule must not
 * become public. `protocols`: of the ports of the rule.
 */
export function readRuleOptions(
  given: Readonly<Partial<Record<RuleOptionKey, unknown>>>,
  protocols: readonly PortRuleProtocol[],
): ReadOptions {
  const faults: RuleKeyFault[] = [];
  const fields: Partial<RuleOptions>[] = [];
  for (const key of RULE_OPTION_KEYS) {
    if (isUnset(given[key]) && !(key === 'basic_auth' && given[key] === '')) continue;
    const [field, parse] = OPTIONS[key];
    const read = parse(given[key]);
    const misfit = read.ok ? protocolFault(key, read.value, protocols) : read.problem;
    if (misfit) faults.push({ key, what: misfit.what, hint: misfit.hint });
    else if (read.ok) fields.push({ [field]: read.value });
  }
  return { options: Object.assign({ ...NO_RULE_OPTIONS }, ...fields), faults };
}

/** The keys of a manifest with the options that are not the default. */
export function formatRuleOptions(options: RuleOptions): Readonly<Partial<Record<RuleOptionKey, unknown>>> {
  const changed = RULE_OPTION_KEYS.map((key) => [key, OPTIONS[key][0]] as const).filter(
    ([, field]) => JSON.stringify(options[field]) !== JSON.stringify(NO_RULE_OPTIONS[field]),
  );
  return Object.fromEntries(changed.map(([key, field]) => [key, options[field]]));
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || scalarText(value) === '';
}

function protocolFault(
  key: RuleOptionKey,
  value: unknown,
  protocols: readonly PortRuleProtocol[],
): Omit<RuleKeyFault, 'key'> | null {
  if (value === false || protocols.length === 0) return null;
  if (key === 'redirect_https' && !protocols.includes('http')) {
    return { what: 'has no effect: the rule has no http port', hint: 'add http, or remove it' };
  }
  const hasHttp = protocols.some((one) => one === 'http' || one === 'https');
  if (hasHttp || !(NEEDS_HTTP.includes(key) || (key === 'proto' && value === 'h2'))) return null;
  return { what: `does not fit ${protocols.join(', ')}`, hint: 'use http or https, or remove it' };
}
