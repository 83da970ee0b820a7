import type { LoadBalancerConfig } from '../../model/index.ts';
import type { Group } from './backend-names.ts';
import { ruleProblem } from './claim.ts';
import { compareRules } from './order.ts';
import { readSections } from './own-sections.ts';
import type { RuleProblem } from './rule-problem.ts';
import type { Source } from './source.ts';
import type { Listener, ListenerCertificates, Rule } from './table.ts';

export interface NamedGroup {
  /** Of the backend. */
  readonly name: string;
  readonly group: Group;
}

interface Listeners {
  /** Sorted by port. */
  readonly listeners: readonly Listener[];
  readonly problems: readonly RuleProblem[];
}

/** The ports with their rules. `groups` and `balancers` are in the order of ownership. */
export function listenersOf(groups: readonly NamedGroup[], balancers: readonly Source[]): Listeners {
  const configs = new Map(
    balancers.flatMap(({ key, declaration }) => (declaration?.lbConfig ? [[key, declaration.lbConfig] as const] : [])),
  );
  const ports = [...Map.groupBy(groups, ({ group }) => group[0].port).values()];
  const made = ports.map((ofPort) => listener(ofPort, configs));
  return {
    listeners: made.flatMap((one) => one.listener).sort((a, b) => a.port - b.port),
    problems: made.flatMap(({ problems }) => problems),
  };
}

/** Null: labels publish the rule. */
type Config = LoadBalancerConfig | null;

function listener(
  groups: readonly NamedGroup[],
  known: ReadonlyMap<string, LoadBalancerConfig>,
): { readonly listener: readonly Listener[]; readonly problems: readonly RuleProblem[] } {
  const [first] = groups;
  if (!first) return { listener: [], problems: [] };
  const [{ port, protocol }] = first.group;
  const owners = new Map(
    groups.map(({ group: [{ balancer, part }] }) => [balancer, { part, config: known.get(balancer) ?? null }] as const),
  );
  const configs = [...owners.values()].map(({ config }) => config);
  const acceptProxy = acceptsProxy(known.get(first.group[0].balancer)?.config ?? null, port);
  return {
    listener: [
      {
        port,
        protocol,
        acceptProxy,
        certificates: protocol === 'https' || protocol === 'tls' ? certificatesOf(configs) : null,
        accessLog: configs.some((config) => config?.options.accessLog),
        errorPage: configs.find((config) => config?.options.errorPage)?.options.errorPage ?? null,
        balancers: [...owners.keys()].sort(),
        rules: groups.map(rule).sort(compareRules),
      },
    ],
    problems: [...owners.values()].flatMap(({ part, config }) =>
      config && acceptsProxy(config.config, port) !== acceptProxy
        ? [ruleProblem(part, ...proxyFault(port, acceptProxy))]
        : [],
    ),
  };
}

function proxyFault(port: number, isOn: boolean): readonly [what: string, hint: string] {
  const [owners, others] = isOn ? ['accept', 'does not'] : ['do not accept', 'does'];
  return [
    `shares port ${port} with older rules, which ${owners} the PROXY protocol; this load balancer ${others}`,
    'write accept-proxy in the custom configuration of both or of none, or use another port',
  ];
}

/** Of the balancers that share a port: all their certificates, and the first default. Labels, and balancers that name none, want all. */
function certificatesOf(configs: readonly Config[]): ListenerCertificates {
  const names = configs.map((config) =>
    [...(config?.certs ?? []), config?.defaultCert ?? null].filter((name) => name !== null),
  );
  const wantsAll = configs.some((config) => !config || config.certs.length === 0);
  return {
    names: wantsAll ? [] : [...new Set(names.flat())].sort(),
    default: configs.find((config) => config?.defaultCert)?.defaultCert ?? null,
  };
}

function rule({ name, group: [claim] }: NamedGroup): Rule {
  const { balancer, host, path, priority, options, part } = claim;
  return { name: part.rule, balancer, host, path, priority, backend: name, options };
}

/** Whether custom text has the line `accept-proxy` in the section `frontend <port>`. */
function acceptsProxy(text: string | null, port: number): boolean {
  return readSections(text ?? '').some(
    ({ word, rest, lines }) =>
      word === 'frontend' && rest === String(port) && lines.some((line) => line.text === 'accept-proxy'),
  );
}
