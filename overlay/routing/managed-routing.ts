import {
  applyRemoval,
  applyStep,
  createNftTable,
  type FilterChains,
  formatStep,
  isUp,
  planAcceptRules,
  readDevice,
  readFilterChains,
  readIp,
  removeTable,
  replacedText,
  replaceTable,
  type Step,
  sameTable,
} from '../../linux/index.ts';
import type { Applier, DeletionLimit, Plan } from '../../reconcile/index.ts';
import { CommandError, type Log, type RunCommand } from '../../system/index.ts';
import { type DesiredRouting, defaultRoutingSettings, type RoutingSettings } from './desired-routing.ts';
import { isOurRoute, type ObservedRoutes, planRouteRemoval, planRoutes, routeDeletions } from './plan-routes.ts';
import { NO_NETWORK_RULES, renderNetworkAcceptRules, renderNetworkTable } from './render.ts';

export interface ObservedRouting extends ObservedRoutes {
  readonly table: string | null;
  readonly chains: FilterChains | null;
}

/** Routes to the subnets of other hosts, masquerade for traffic that leaves the ranges, accept rules between subnets. */
export interface ManagedRouting {
  readonly settings: RoutingSettings;
  readonly applier: Applier<DesiredRouting, ObservedRouting, Step>;
  /** If half of the hosts disappear at once, their routes are kept until the deletion is confirmed (Q8). */
  readonly deletionLimit: DeletionLimit<ObservedRouting, Step>;
  /** Removes all routes and rules of ours and nothing else. Idempotent. */
  remove(signal?: AbortSignal): Promise<void>;
}

export function createManagedRouting(
  { run, log }: { run: RunCommand; log: Log },
  options: Partial<RoutingSettings> = {},
): ManagedRouting {
  const settings = { ...defaultRoutingSettings, ...options };
  const table = createNftTable({ run }, { family: 'ip', name: settings.table });
  /** False once the kernel has refused to keep connections longer (`CONFIG_NF_CONNTRACK_TIMEOUT`). */
  let remembers = true;
  const observe = async (devices: readonly string[], signal?: AbortSignal): Promise<ObservedRouting> => {
    // Read the addresses from the local routes: with many containers there are many more devices than addresses.
    const [{ routes }, text, chains, links] = await Promise.all([
      readIp(run, ['route show table main', 'route show table local type local'], { signal }),
      table.read(signal),
      settings.dockerUserRules ? readFilterChains(run, signal) : null,
      Promise.all(devices.map((device) => readDevice(run, device, { signal }))),
    ]);
    return {
      routes: routes.filter(({ type }) => type !== 'local'),
      addresses: routes.filter(({ type }) => type === 'local').map(({ dst }) => dst),
      devices: links.flatMap((link) => (link && isUp(link) ? [link.ifname] : [])),
      table: text,
      chains,
    };
  };

  return {
    settings,
    applier: {
      observe: (desired, signal) => observe(tunnelDevices(desired), signal),
      plan: (desired, observed) => planRouting(settings, desired, { ...observed, remembers }),
      apply: async (change, signal) => {
        const text = replacedText(change);
        await applyStep(run, change, signal).catch((error: unknown) => {
          if (text !== null && remembers && error instanceof CommandError) {
            log.warn({ err: error }, 'the kernel may forget half-closed connections of containers after 60 s');
            remembers = false;
          }
          throw error;
        });
        if (text !== null) await table.learn(text, signal);
      },
      format: formatStep,
    },
    deletionLimit: {
      share: 0.5,
      minimum: 2,
      owned: ({ routes }) => routes.filter((route) => isOurRoute(route, settings.protocol)).length,
      deletions: routeDeletions,
    },
    remove: async (signal) =>
      applyRemoval({ run, log }, planRoutingRemoval(settings, await observe([], signal)), signal),
  };
}

function tunnelDevices({ peers }: DesiredRouting): readonly string[] {
  return [...new Set(peers.map(({ hop }) => hop.device).filter((device) => device !== null))];
}

/** Rules come first, because the packets of a route need to be accepted and must keep their source address. */
export function planRouting(
  settings: RoutingSettings,
  desired: DesiredRouting,
  observed: ObservedRouting & { readonly remembers: boolean },
): Plan<Step> {
  const { changes, problems } = planRoutes(settings, desired, observed);
  const text = renderNetworkTable(settings.table, desired, observed.remembers);
  const rules = settings.dockerUserRules ? renderNetworkAcceptRules(desired) : NO_NETWORK_RULES;
  return {
    changes: [
      ...(text === null || sameTable(observed.table, text)
        ? []
        : [replaceTable({ family: 'ip', name: settings.table }, text)]),
      ...(desired.own ? planAcceptRules(observed.chains, rules) : []),
      ...changes,
    ],
    problems,
  };
}

function planRoutingRemoval(settings: RoutingSettings, observed: ObservedRouting): Step[] {
  return [
    ...planRouteRemoval(settings, observed),
    ...planAcceptRules(observed.chains, NO_NETWORK_RULES),
    ...(observed.table === null ? [] : [removeTable({ family: 'ip', name: settings.table })]),
  ];
}
