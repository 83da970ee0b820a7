import {
  batch,
  formatStep,
  type IpRoute,
  type IpRule,
  removeTable,
  renderSetChanges,
  replaceTable,
  type Step,
  sameTable,
  step,
  type TableId,
} from '../../linux/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import type { DesiredFloor, FloorSettings } from './desired-floor.ts';
import { NO_PEERS, type PeerElements, peerElements, renderFloorTable } from './render.ts';

export interface ObservedFloor {
  /** Without the content of its sets. */
  readonly table: string | null;
  /** What the sets contain; empty if VXLAN is not wanted. */
  readonly peers: PeerElements;
  /** Routes that lead nowhere, in the main table. */
  readonly blackholes: readonly IpRoute[];
  /** The whole routing policy of IPv4. */
  readonly rules: readonly IpRule[];
}

/** What lets packets pass comes before what stops them, and goes after it. */
export function planFloor(settings: FloorSettings, desired: DesiredFloor, observed: ObservedFloor): Plan<Step> {
  return {
    changes: [
      ...planTable(settings, desired, observed),
      ...planBlackholes(settings, desired.closed ? desired.ranges : [], observed.blackholes),
      ...planRules(settings, desired.closed ? policyOf(settings, desired) : [], observed.rules),
    ],
    problems: [],
  };
}

export function planFloorRemoval(settings: FloorSettings, { table, blackholes, rules }: ObservedFloor): Step[] {
  return [
    ...planRules(settings, [], rules),
    ...planBlackholes(settings, [], blackholes),
    ...(table === null ? [] : [removeTable(tableId(settings))]),
  ];
}

/** One line. Long lists of addresses are shown by their number. */
export function formatFloorStep(change: Step): string {
  return formatStep(change).replaceAll(/\{ ([^{};]*) \}/g, (all, elements: string) => {
    const { length } = elements.split(',');
    return length > 6 ? `{ ${length} addresses }` : all;
  });
}

export function tableId({ table }: FloorSettings): TableId {
  return { family: 'inet', name: table };
}

/** Replaces a table whose rules differ, together with its sets; otherwise changes only the elements that differ. */
function planTable(settings: FloorSettings, desired: DesiredFloor, { table, peers }: ObservedFloor): Step[] {
  const id = tableId(settings);
  const text = renderFloorTable(settings.table, desired);
  const wanted = peerElements(desired);
  if (text === null) return table === null ? [] : [removeTable(id)];
  if (!sameTable(table, text)) return [replaceTable(id, `${text}${renderSetChanges(id, NO_PEERS, wanted)}`)];
  const changes = renderSetChanges(id, peers, wanted);
  return changes === '' ? [] : [step('nft -f -', changes)];
}

function planBlackholes(
  { protocol, metric }: FloorSettings,
  ranges: readonly string[],
  now: readonly IpRoute[],
): Step[] {
  const ours = now.filter((route) => route.protocol === String(protocol) && route.metric === metric);
  const standing = new Set(ours.map(({ dst }) => dst));
  const line = (verb: string, range: string) => `route ${verb} blackhole ${range} proto ${protocol} metric ${metric}`;
  return batch('ip', [
    ...ranges.filter((range) => !standing.has(range)).map((range) => line('replace', range)),
    ...[...standing].filter((range) => !ranges.includes(range)).map((range) => line('delete', range)),
  ]);
}

/**
 * Packets of containers are looked up in the routing tables if they come from the bridge, this host or a tunnel. From any other device they go
 * nowhere. As `ip rule` takes them.
 */
function policyOf({ priority }: FloorSettings, { own, devices, ranges }: DesiredFloor): readonly string[] {
  return [
    `pref ${priority + 10} nop`,
    ...[own.device, 'lo', ...devices.toSorted()].map(
      (device) => `pref ${priority} iif ${device} goto ${priority + 10}`,
    ),
    ...ranges.map((range) => `pref ${priority + 5} from ${range} to ${own.subnet} blackhole`),
  ];
}

/** In one step that stops at the first failure, because each line needs the ones before it. */
function planRules(
  { protocol, priority: first }: FloorSettings,
  wanted: readonly string[],
  now: readonly IpRule[],
): Step[] {
  const isOurs = (rule: IpRule) =>
    rule.protocol === String(protocol) && rule.priority >= first && rule.priority <= first + 10;
  const standing = now.filter(isOurs).map(formatRule);
  const missing = wanted.filter((rule) => !standing.includes(rule));
  // The kernel has a rule as often as it was added.
  const extra = standing.filter((rule, index) => !wanted.includes(rule) || standing.indexOf(rule) < index);
  const removed = extra.toSorted((a, b) => rankOf(a) - rankOf(b));
  const lines = [
    ...missing.map((rule) => `rule add ${rule} protocol ${protocol}`),
    ...removed.map((rule) => `rule delete ${rule} protocol ${protocol}`),
  ];
  return lines.length === 0 ? [] : [step('ip -batch -', `${lines.join('\n')}\n`)];
}

function rankOf(rule: string): number {
  return rule.endsWith('blackhole') ? 0 : rule.endsWith('nop') ? 2 : 1;
}

function formatRule({ priority, src, srclen, dst, dstlen, iif, goto, action }: IpRule): string {
  return [
    `pref ${priority}`,
    ...(src === 'all' ? [] : [`from ${src}/${srclen ?? 32}`]),
    ...(dst === undefined ? [] : [`to ${dst}/${dstlen ?? 32}`]),
    ...(iif === undefined ? [] : [`iif ${iif}`]),
    goto === undefined ? (action ?? 'nop') : `goto ${goto}`,
  ].join(' ');
}
