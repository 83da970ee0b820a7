import {
  type BalancerHosts,
  type BalancerOptions,
  ok,
  parseFlag,
  parseWord,
  problem,
  type Result,
  type SchemaFault,
  scalarText,
} from '../../../model/index.ts';
import { isMap } from '../files/values.ts';
import type { LbKeys } from './lb-schema.ts';

const TARGET_LABEL = 'io.rancher.lb_service.target';
const SKIP_LABEL = 'io.rancher.lb_service.skip_target_lb_rules';
const HOSTS_LABEL = 'io.rancher.scheduler.affinity:host_label';

type Labels = Readonly<Record<string, string>>;

interface Source {
  readonly keys: LbKeys;
  readonly labels: Labels;
  /** `drain_timeout_ms` of the service itself. */
  readonly drainTimeoutMs: number | null;
}

export interface ConvertedOptions {
  readonly options: BalancerOptions;
  readonly faults: readonly SchemaFault[];
}

/** What holds for all rules of a balancer: its keys, and for those that are not given the labels of Rancher. */
export function balancerOptions({ keys, labels, drainTimeoutMs }: Source): ConvertedOptions {
  const faults: SchemaFault[] = [];
  const read = <T>(key: string, label: string | null, otherwise: T, parse: (given: unknown) => Result<T>): T => {
    const own = (keys as Readonly<Record<string, unknown>>)[key];
    const isOwn = own !== undefined && own !== null;
    const given = isOwn ? own : label === null ? undefined : labels[label];
    if (given === undefined || scalarText(given) === '') return otherwise;
    const result = parse(given);
    if (result.ok) return result.value;
    const path = isOwn ? ['lb_config', key] : ['labels', label ?? ''];
    faults.push({ path, what: result.problem.what, hint: result.problem.hint });
    return otherwise;
  };
  const options: BalancerOptions = {
    hosts: read('hosts', HOSTS_LABEL, { kind: 'all' }, parseHosts),
    target: read('target', TARGET_LABEL, 'any', (given) => parseWord(given, ['any', 'only-local', 'prefer-local'])),
    skipTargetRules: read('skip_target_lb_rules', SKIP_LABEL, false, parseFlag),
    accessLog: keys.access_log ?? false,
    errorPage: read('error_page', null, null, parsePage),
    drainTimeoutMs: keys.drain_timeout_ms ?? drainTimeoutMs,
  };
  return { options, faults };
}

/** `all`, a list of host names, or labels as a map or as in Rancher: `role=edge,zone=a`. */
function parseHosts(given: unknown): Result<BalancerHosts> {
  if (scalarText(given)?.toLowerCase() === 'all') return ok({ kind: 'all' });
  if (Array.isArray(given)) {
    const names = given.map((name: unknown) => scalarText(name) ?? '');
    return names.includes('') || names.length === 0 ? NO_HOSTS : ok({ kind: 'names', names });
  }
  const entries = isMap(given) ? Object.entries(given) : labelsIn(scalarText(given) ?? '');
  const labels = new Map<string, string>();
  for (const [key, value] of entries) {
    const text = scalarText(value);
    if (key.trim() === '' || text === null) return NO_HOSTS;
    labels.set(key.trim(), text);
  }
  return labels.size > 0 ? ok({ kind: 'labels', labels: Object.fromEntries(labels) }) : NO_HOSTS;
}

function labelsIn(text: string): readonly (readonly [string, string | null])[] {
  return text.split(',').map((part) => {
    const cut = part.indexOf('=');
    return cut < 0 ? [part, null] : [part.slice(0, cut), part.slice(cut + 1)];
  });
}

const NO_HOSTS = problem(
  'hosts',
  'does not say which hosts',
  'write all, a list of host names, or labels: `{ role: edge }`, as a label of Rancher `role=edge`',
);

/** HAProxy must send it from one buffer of 16 KiB. */
const MAX_PAGE_BYTES = 12 * 1024;

function parsePage(given: unknown): Result<string> {
  const page = scalarText(given) ?? '';
  const sizeBytes = Buffer.byteLength(page);
  if (sizeBytes <= MAX_PAGE_BYTES) return ok(page);
  const what = `has ${Math.ceil(sizeBytes / 1024)} kB, more than the ${MAX_PAGE_BYTES / 1024} kB that are possible`;
  return problem('error_page', what, 'shorten it, and load pictures and styles from elsewhere');
}
