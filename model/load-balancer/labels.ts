import { nearestWord } from '../collections/nearest.ts';
import type { LabelFault } from '../problem/label-fault.ts';
import { ok, problem, type Result } from '../problem/result.ts';
import { parseWhole, parseWord } from '../values/scalars.ts';
import { type HostPattern, parseHostPattern } from './host-pattern.ts';
import {
  LISTENER_PROTOCOLS,
  type ListenerProtocol,
  RESERVED_PORT,
  type RuleOptions,
  UDP_PROBLEM,
} from './load-balancer.ts';
import { PATH_MATCHES, type PathMatch, type PathPattern, parsePathPattern } from './path-pattern.ts';
import { type RuleKeyFault, type RuleOptionKey, readRuleOptions } from './rule-options.ts';
import { parseCookieName } from './stickiness.ts';

type Labels = Readonly<Record<string, string>>;

/** Prefix of the labels that publish a service. `drover.lb.<key>`, or `drover.lb.<rule>.<key>` for one of several rules. */
const LB_LABEL = 'drover.lb.';

/** A port on which the service is published. */
export interface LabelEntry {
  readonly protocol: ListenerProtocol;
  readonly port: number;
}

/** What the labels of a service, or of its containers, say about one rule. */
export interface LabelRule {
  /** Null: the rule whose labels have no name. */
  readonly name: string | null;
  /** At least one; no port twice. Default: http on port 80. */
  readonly entries: readonly LabelEntry[];
  /** Null: any host, or not http, https or sni. */
  readonly host: HostPattern | null;
  /** Null: any path, or not http or https. */
  readonly path: PathPattern | null;
  /** Port of the containers. Null: the only TCP port of the service, else the lowest. */
  readonly port: number | null;
  readonly priority: number | null;
  /** 0 to 256. */
  readonly weight: number;
  readonly options: RuleOptions;
  /** Name of the cookie that keeps a client at its container; null: none. */
  readonly stickyCookie: string | null;
}

/** Keys of the labels, and the options of a manifest that they stand for. */
const OPTIONS = {
  proto: 'proto',
  redirect: 'redirect_https',
  gzip: 'gzip',
  auth: 'basic_auth',
  max_body: 'max_body',
  timeout: 'server_timeout',
  tunnel_timeout: 'tunnel_timeout',
  forwarded: 'forwarded',
  send_proxy: 'send_proxy',
  balance: 'balance',
} as const satisfies Readonly<Record<string, RuleOptionKey>>;

/** The keys of the labels. */
export const LB_LABEL_KEYS: readonly string[] = [
  ...['host', 'path', 'path_match', 'port', 'entry', 'priority', 'weight', 'sticky'],
  ...Object.keys(OPTIONS),
];

/** Whether a label is for the load balancer, in any case of its letters. */
export function isLbLabel(label: string): boolean {
  return label.slice(0, LB_LABEL.length).toLowerCase() === LB_LABEL;
}

const NONE = { rules: [], faults: [] };

/** The rules that labels `drover.lb.*` declare. A rule with a fault is left out; the others go on. */
export function lbLabels(labels: Labels): {
  readonly rules: readonly LabelRule[];
  readonly faults: readonly LabelFault[];
} {
  const found = Object.keys(labels).filter(isLbLabel);
  if (found.length === 0) return NONE;
  const faults: LabelFault[] = [];
  const groups = new Map<string | null, Map<string, string>>();
  const broken = new Set<string | null>();
  for (const label of found.sort()) {
    const { name, key, fault } = splitLabel(label);
    if (fault) {
      faults.push({ label, ...fault });
      broken.add(name);
    } else {
      const text = labels[label]?.trim() ?? '';
      // An empty value counts as not given, but a service whose password is missing must not become public.
      if (text === '' && key !== 'auth') continue;
      const group = groups.get(name) ?? new Map<string, string>();
      groups.set(name, group.set(key, text));
    }
  }
  const rules = [...groups].flatMap(([name, given]) => {
    const read = readRule(name, given);
    faults.push(...read.faults.map(({ key, what, hint }) => ({ label: labelOf(name, key), what, hint })));
    return read.rule && !broken.has(name) ? [read.rule] : [];
  });
  return { rules, faults };
}

function labelOf(name: string | null, key: string): string {
  return LB_LABEL + (name === null ? '' : `${name}.`) + key;
}

interface SplitLabel {
  readonly name: string | null;
  readonly key: string;
  readonly fault: Omit<LabelFault, 'label'> | null;
}

function splitLabel(label: string): SplitLabel {
  const [key = '', name = null, ...more] = label.slice(LB_LABEL.length).split('.').reverse();
  if (label !== label.toLowerCase()) {
    const what = 'is not a label of Drover: case matters';
    return { name, key, fault: { what, hint: `write \`${label.toLowerCase()}\`` } };
  }
  if (more.length > 0 || (name !== null && !/^[a-z0-9_-]{1,40}$/.test(name))) {
    const hint = `write \`${LB_LABEL}<key>\` or \`${LB_LABEL}<rule>.<key>\`; the rule is a word of letters, digits, - and _`;
    return { name, key, fault: { what: 'is not a label of a load balancer', hint } };
  }
  return { name, key, fault: LB_LABEL_KEYS.includes(key) ? null : unknownKey(name, key) };
}

function unknownKey(name: string | null, key: string): Omit<LabelFault, 'label'> {
  const what = 'is not a label of a load balancer';
  const renamed = Object.entries(OPTIONS).find(([, option]) => option === key)?.[0];
  const nearest = renamed ?? nearestWord(key, LB_LABEL_KEYS);
  return { what, hint: nearest ? `write \`${labelOf(name, nearest)}\`` : `use one of ${LB_LABEL_KEYS.join(', ')}` };
}

interface ReadRule {
  readonly rule: LabelRule | null;
  readonly faults: readonly RuleKeyFault[];
}

function readRule(name: string | null, given: ReadonlyMap<string, string>): ReadRule {
  const faults: RuleKeyFault[] = [];
  const read = <T>(key: string, fallback: T, parse: (text: string) => Result<T>): T => {
    const text = given.get(key);
    const result = text === undefined ? ok(fallback) : parse(text);
    if (!result.ok) faults.push({ key, what: result.problem.what, hint: result.problem.hint });
    return result.ok ? result.value : fallback;
  };
  const entries = read('entry', DEFAULT_ENTRIES, parseEntries);
  const match = read<PathMatch>('path_match', 'prefix', (text) => parseWord(text, PATH_MATCHES));
  const rule = {
    name,
    entries,
    host: read('host', null, parseHostPattern),
    path: read('path', null, (text) => parsePathPattern(text, match)),
    port: read('port', null, (text) => parseWhole(text, 1, 65_535)),
    priority: read('priority', null, (text) => parseWhole(text, 1, 1_000_000)),
    weight: read('weight', 1, (text) => parseWhole(text, 0, 256)),
    stickyCookie: read('sticky', null, parseCookieName),
  };
  const protocols = entries.map(({ protocol }) => protocol);
  const labelsOfOptions = Object.entries(OPTIONS).map(([key, option]) => ({ key, option }));
  const { options, faults: optionFaults } = readRuleOptions(
    Object.fromEntries(labelsOfOptions.map(({ key, option }) => [option, given.get(key)])),
    protocols,
  );
  faults.push(
    ...optionFaults.map((fault) => ({
      ...fault,
      key: labelsOfOptions.find(({ option }) => option === fault.key)?.key ?? '',
    })),
    ...misfits(given, protocols),
  );
  return { rule: faults.length === 0 ? { ...rule, options } : null, faults };
}

const DEFAULT_ENTRIES: readonly LabelEntry[] = [{ protocol: 'http', port: 80 }];
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

function parseEntries(text: string): Result<readonly LabelEntry[]> {
  const entries: LabelEntry[] = [];
  for (const part of text.split(',')) {
    const [word = '', portText, ...more] = part.trim().split(':');
    if (word.toLowerCase() === 'udp') return UDP_PROBLEM;
    const protocol = parseWord(word, LISTENER_PROTOCOLS);
    if (!protocol.ok || more.length > 0) {
      const hint = 'write http, https, or PROTOCOL:PORT such as tcp:5432, with commas between several';
      return problem('', `has ${JSON.stringify(part.trim().slice(0, 40))}, not an entry`, hint);
    }
    const port = parseWhole(portText ?? DEFAULT_PORTS[protocol.value] ?? '', 1, 65_535);
    if (!port.ok) return problem('', `has no port for ${protocol.value}`, `write it like ${protocol.value}:5432`);
    if (port.value === RESERVED_PORT)
      return problem('', `has port ${RESERVED_PORT}, which is reserved`, 'use another port');
    if (entries.some((entry) => entry.port === port.value)) {
      return problem('', `has port ${port.value} twice`, 'use each port once');
    }
    entries.push({ protocol: protocol.value, port: port.value });
  }
  return ok(entries);
}

const SEES_HOST: readonly ListenerProtocol[] = ['http', 'https', 'sni'];
const SEES_PATH: readonly ListenerProtocol[] = ['http', 'https'];

/** Labels that do not fit each other. */
function misfits(given: ReadonlyMap<string, string>, protocols: readonly ListenerProtocol[]): readonly RuleKeyFault[] {
  const unfit = (key: string, accepted: readonly ListenerProtocol[]): readonly RuleKeyFault[] => {
    const bad = protocols.filter((protocol) => !accepted.includes(protocol));
    if (!given.has(key) || bad.length === 0) return [];
    const hint = `use ${accepted.join(', ')}, or give ${bad.join(', ')} a rule of its own: \`${LB_LABEL}<rule>.entry\``;
    return [{ key, what: `does not fit the entry ${bad.join(', ')}`, hint }];
  };
  const says = ['host', 'path', 'entry'].some((key) => given.has(key));
  return [
    ...unfit('host', SEES_HOST),
    ...unfit('path', SEES_PATH),
    ...unfit('sticky', SEES_PATH),
    ...(given.has('path_match') && !given.has('path')
      ? [{ key: 'path_match', what: 'has no effect without a path', hint: 'add the path, or remove it' }]
      : []),
    ...(says ? [] : [NO_REQUESTS]),
  ];
}

const NO_REQUESTS: RuleKeyFault = {
  key: 'host',
  what: 'is missing: the labels do not say which requests the service gets',
  hint: 'add the host name, or * for all',
};
