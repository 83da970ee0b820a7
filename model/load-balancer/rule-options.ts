import { ok, problem, type Result } from '../problem/result.ts';
import { parseBasicAuth } from './basic-auth.ts';
import { NO_RULE_OPTIONS, type PortRuleProtocol, type RuleOptions } from './load-balancer.ts';
import { parseDurationMs, parseFlag, parseSizeBytes, parseWord, scalarText } from './scalars.ts';

/** Why the value of a key is not accepted. */
export interface RuleKeyFault {
  readonly key: string;
  readonly what: string;
  readonly hint: string;
}

const READERS = {
  proto: as('proto', (given) => parseWord(given, ['h1', 'h2', 'https'])),
  redirect_https: as('redirectHttps', parseFlag),
  gzip: as('gzip', parseFlag),
  basic_auth: as('basicAuth', parseBasicAuth),
  max_body: as('maxBodyBytes', parseSizeBytes),
  server_timeout: as('serverTimeoutMs', parseDurationMs),
  tunnel_timeout: as('tunnelTimeoutMs', parseDurationMs),
  forwarded: as('forwarded', parseFlag),
  send_proxy: as('sendProxy', (given) => parseWord(given, ['v1', 'v2'])),
  balance: as('balance', (given) => parseWord(given, ['roundrobin', 'leastconn', 'source'])),
} as const;

export type RuleOptionKey = keyof typeof READERS;

/** The options of a rule, as they are named in a manifest. */
export const RULE_OPTION_KEYS = Object.keys(READERS) as readonly RuleOptionKey[];

/** Options that change requests or answers, which tcp, tls and sni rules do not see. */
const NEEDS_HTTP: readonly RuleOptionKey[] = ['redirect_https', 'gzip', 'basic_auth', 'max_body', 'forwarded'];

export interface ReadOptions {
  /** Options with a fault have their default. */
  readonly options: RuleOptions;
  readonly faults: readonly RuleKeyFault[];
}

/** The options of a rule, from a manifest or from labels. Empty values count as not given. `protocols`: of the ports of the rule. */
export function readRuleOptions(
  given: Readonly<Partial<Record<RuleOptionKey, unknown>>>,
  protocols: readonly PortRuleProtocol[],
): ReadOptions {
  const faults: RuleKeyFault[] = [];
  const fields: Partial<RuleOptions>[] = [];
  for (const key of RULE_OPTION_KEYS) {
    if (isUnset(given[key])) continue;
    const read = READERS[key](given[key]);
    const misfit = read.ok ? protocolFault(key, read.value, protocols) : read.problem;
    if (misfit) faults.push({ key, what: misfit.what, hint: misfit.hint });
    else if (read.ok) fields.push(read.value);
  }
  return { options: Object.assign({ ...NO_RULE_OPTIONS }, ...fields), faults };
}

export function isUnset(value: unknown): boolean {
  return value === undefined || value === null || scalarText(value) === '';
}

function as<Field extends keyof RuleOptions>(field: Field, parse: (given: unknown) => Result<RuleOptions[Field]>) {
  return (given: unknown): Result<Partial<RuleOptions>> => {
    const read = parse(given);
    return read.ok ? ok({ [field]: read.value }) : problem(field, read.problem.what, read.problem.hint);
  };
}

function protocolFault(
  key: RuleOptionKey,
  value: Partial<RuleOptions>,
  protocols: readonly PortRuleProtocol[],
): Omit<RuleKeyFault, 'key'> | null {
  const isOff = Object.values(value).every((one) => one === false);
  if (isOff || protocols.length === 0) return null;
  if (key === 'redirect_https' && !protocols.includes('http')) {
    return { what: 'has no effect: the rule has no http port', hint: 'add http, or remove it' };
  }
  const hasHttp = protocols.some((one) => one === 'http' || one === 'https');
  if (hasHttp || !(NEEDS_HTTP.includes(key) || value.proto === 'h2')) return null;
  return { what: `does not fit ${protocols.join(', ')}`, hint: 'use http or https, or remove it' };
}
