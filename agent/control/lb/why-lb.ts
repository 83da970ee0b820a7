import { z } from 'zod';
import {
  type Explanation,
  explainRequest,
  type HashedServer,
  type LbTable,
  type Listener,
  type Rule,
  runsOn,
  type StatRow,
  sourceServer,
} from '../../../lb/index.ts';
import { compareText, formatHostPattern, formatProblem, type Host } from '../../../model/index.ts';
import type { HostView } from '../../../view/index.ts';
import { formatPath, optionTexts } from './format-rule.ts';
import type {
  ElsewhereRow,
  LbExplanation,
  LbPort,
  LbPortRequest,
  LbRequest,
  PortBackend,
  RuleVerdict,
} from './lb-explanation.ts';
import { type BackendRow, backendRow, containerNames, type LiveLb, lbProblems, listenerState } from './lb-page.ts';
import { liveRows } from './live-servers.ts';
import { testRegex } from './test-regex.ts';
import { SERVER } from './traffic.ts';

export const lbPortRequestSchema: z.ZodType<LbPortRequest> = z.strictObject({ port: z.int().min(1).max(65_535) });

/** What is known of a port, without asking which rule matches. Pure. */
export function lbPort(
  view: HostView,
  table: LbTable,
  { port, status, stat }: LiveLb & { readonly port: number },
): LbPort {
  const live = liveRows(stat);
  const names = containerNames(view);
  const listener = table.listeners.find((one) => one.port === port) ?? null;
  const used = new Set(listener?.rules.map(({ backend }) => backend));
  return {
    host: view.snapshot.hosts.get(view.hostId)?.host?.name ?? view.hostId,
    listener: listener && withoutHashes(listener),
    isClosed: listener !== null && listenerState(port, live) === 'closed',
    backends: table.backends
      .filter(({ name }) => used.has(name))
      .map((backend) => ({
        row: backendRow(backend, live, names),
        isSticky: backend.stickiness !== null,
        bySource: backend.options.balance === 'source' ? hashedServers(live?.get(backend.name)) : null,
      })),
    elsewhere: elsewhere(view, port),
    notes: stateNotes(table, status),
  };
}

function hashedServers(rows: ReadonlyMap<string, StatRow> | undefined): readonly HashedServer[] {
  const servers = [...(rows?.values() ?? [])].filter(
    ({ type, status }) => type === SERVER && !status.startsWith('MAINT'),
  );
  return servers.map(({ svname, sid, weight }) => ({ name: svname, id: Number(sid), weight: Number(weight) }));
}

function withoutHashes(listener: Listener): Listener {
  const rules = listener.rules.map((rule) => {
    const basicAuth = rule.options.basicAuth.map(() => '***');
    return { ...rule, options: { ...rule.options, basicAuth } };
  });
  return { ...listener, rules };
}

/** What happens with a request. Runs regular expressions of users, each for at most a second: not for the agent. */
export function explainLb(port: LbPort, asked: LbRequest): LbExplanation {
  const { host, listener, isClosed } = port;
  const { host: name, from, ...rest } = asked;
  const table = { ...NO_TABLE, listeners: listener === null ? [] : [listener] };
  const explanation = explainRequest(table, { ...rest, host: name === '' ? null : name }, testRegex);
  const { rule } = explanation;
  const backend = port.backends.find(({ row }) => row.name === rule?.backend) ?? null;
  const row = backend?.row ?? null;
  return {
    asked,
    host,
    outcome: isClosed ? closedText(asked) : outcomeOf(explanation, asked, row),
    listener: listener && { port: listener.port, protocol: listener.protocol },
    rules: verdicts(explanation),
    backend: row,
    elsewhere: port.elsewhere,
    notes: [...notesOf(explanation, backend?.isSticky ?? false), ...clientNotes(backend, from), ...port.notes],
  };
}

const NO_TABLE: LbTable = { listeners: [], backends: [], customConfigs: [], problems: [] };

function closedText({ port }: LbRequest): string {
  return `HAProxy of this host does not listen on port ${port}, although there are rules for it.`;
}

function outcomeOf({ listener, rule, fault }: Explanation, asked: LbRequest, backend: BackendRow | null): string {
  if (!listener) return `Nothing listens on port ${asked.port} of this host: the connection is refused.`;
  if (fault !== null) return `The request fails: ${fault}.`;
  const isHttp = listener.protocol === 'http' || listener.protocol === 'https';
  const refusal = isHttp ? 'the client gets 503' : 'the connection is closed';
  if (!rule || !backend) return `No rule of port ${listener.port} matches: ${refusal}.`;
  if (rule.options.redirectHttps && listener.protocol === 'http') {
    return `Rule ${rule.name} answers with a redirect to https.`;
  }
  const usable = backend.servers.filter(({ state }) => !NOT_USABLE.has(state)).length;
  const to = `Rule ${rule.name} sends it to backend ${backend.name}`;
  if (usable === 0) return `${to}, which has no ready server: ${refusal}.`;
  return `${to}, with ${usable} ready ${usable === 1 ? 'server' : 'servers'}.`;
}

const NOT_USABLE: ReadonlySet<BackendRow['servers'][number]['state']> = new Set([
  'draining',
  'removing',
  'adding',
  'unresolved',
]);

function verdicts({ listener, before, rule }: Explanation): readonly RuleVerdict[] {
  if (!listener) return [];
  const verdict = (of: Rule, why: string): RuleVerdict => ({
    name: of.name,
    host: of.host && formatHostPattern(of.host),
    path: of.path && formatPath(of.path),
    options: optionTexts(of.options, listener.protocol),
    chosen: of === rule,
    why,
  });
  const after = rule ? listener.rules.slice(before.length + 1) : [];
  return [
    ...before.map((one) => verdict(one.rule, one.why)),
    ...(rule ? [verdict(rule, 'it is the first one that matches')] : []),
    ...after.map((one) => verdict(one, 'not tried: a rule before it matches')),
  ];
}

/** Load balancers with a rule for the port that this host does not run. */
function elsewhere({ snapshot, hostId }: HostView, port: number): readonly ElsewhereRow[] {
  const hosts = [...snapshot.hosts.values()].flatMap(({ host }): readonly Host[] => (host ? [host] : []));
  const own = hosts.find(({ id }) => id === hostId) ?? null;
  return [...snapshot.declarations.values()].flatMap(({ stack, name, lbConfig }) => {
    if (!lbConfig?.portRules.some(({ sourcePort }) => sourcePort === port)) return [];
    const { hosts: wanted } = lbConfig.options;
    if (runsOn(wanted, own)) return [];
    const running = hosts.filter((host) => runsOn(wanted, host)).map((host) => host.name);
    return [{ balancer: `${stack}/${name}`, hosts: running.sort(compareText) }];
  });
}

/** Why the running HAProxy may do something else. */
function stateNotes(table: LbTable, status: LiveLb['status']): readonly string[] {
  if (status !== null && status.state !== 'running') return status.problems.map(formatProblem);
  const { length } = lbProblems(table, status);
  return [
    ...(status?.isCurrent === false ? ['the running HAProxy does not have the newest rules yet'] : []),
    ...(length > 0
      ? [`${length === 1 ? '1 problem leaves' : `${length} problems leave`} something out: see \`drover lb\``]
      : []),
  ];
}

/** What the address of the client changes. */
function clientNotes(backend: PortBackend | null, from: string | null): readonly string[] {
  if (backend === null || from === null) return [];
  const { bySource, row } = backend;
  if (bySource === null) return [`backend ${row.name} does not balance by the address of the client`];
  const name = sourceServer(bySource, from);
  const container = row.servers.find((server) => server.name === name)?.container;
  if (name !== null) return [`a client at ${from} gets server ${name}${container ? ` (${container})` : ''}`];
  return [`it is not known which server a client at ${from} gets: HAProxy does not reply, or has no ready server`];
}

function notesOf({ listener, rule }: Explanation, isSticky: boolean): readonly string[] {
  const notes: readonly (string | false | null | undefined)[] = [
    listener?.acceptProxy && `clients of port ${listener.port} must send the PROXY protocol`,
    rule !== null && rule.options.basicAuth.length > 0 && 'a client without a name and password that fit gets 401',
    isSticky && 'a client with the cookie of a server stays there while the server is ready',
  ];
  return notes.filter((note) => typeof note === 'string');
}
