import { isIPv4 } from 'node:net';
import { type Config, followHostResolvers, forwardRules, hasLocalStub, readHostResolvers } from '../../agent/index.ts';
import type { DnsServer, ForwarderOptions } from '../../dns/index.ts';
import { openNamespace, type SocketNamespace } from '../../dns/native/index.ts';
import { formatUpstream, type Problem, parseUpstream, problem } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';

/** Where queries to upstreams leave from. Drover's network namespace reaches neither the loopback of the host nor IPv6. */
export interface Exit {
  readonly place: 'namespace' | 'host';
  /** The host's network namespace; null: the server is in it, or it cannot be entered. */
  readonly namespace: SocketNamespace | null;
  /** Why the host's network namespace cannot be entered. */
  readonly problem: Problem | null;
}

/** The exit of a server in the host's own network namespace (`--listen`). */
export const HOST: Exit = { place: 'host', namespace: null, problem: null };

/** The exit of a server in Drover's network namespace; `file` is the host's, null: not known. */
export function openExit(file: string | null): Exit {
  const opened = file === null ? UNKNOWN : openNamespace(file);
  if (opened.ok) return { place: 'host', namespace: opened.value, problem: null };
  return { place: 'namespace', namespace: null, problem: opened.problem };
}

const UNKNOWN = problem(
  "the host's network namespace",
  'is not known to the DNS server',
  'Start it with `--host-namespace /proc/1/ns/net`.',
);

/** The forwarder's options from the configuration. */
export function forwardingOptions(config: Config, { place, namespace }: Exit): ForwarderOptions {
  const { dns } = config;
  return {
    source: place === 'namespace' ? dns.sourceAddress : null,
    namespace,
    rules: forwardRules(config),
    cache: dns.cache,
  };
}

/** The configured upstream resolvers, or the host's own, which may change at any time. */
export async function followUpstreams(
  { clock }: { readonly clock: Clock },
  { dns, host }: Config,
  { place }: Exit,
  signal: AbortSignal,
): Promise<() => readonly string[]> {
  if (dns.upstreams.length > 0) return () => dns.upstreams;
  const ourselves = [dns.address, dns.sourceAddress, dns.hostAddress];
  const read = async (): Promise<readonly string[]> => {
    const found = await readHostResolvers(ourselves, { stubs: place === 'host', root: host.root });
    if (found.length > 0 || place === 'host' || !(await hasLocalStub(host))) return found;
    // The host's loopback is unreachable from the namespace, but many stub resolvers listen on all addresses of the host.
    return [dns.hostAddress];
  };
  return followHostResolvers({ clock }, read, { signal, root: host.root });
}

/** Problems of the upstreams, for `drover status`. */
export function upstreamProblems(
  upstreams: readonly string[],
  { loops, resolvers }: Pick<ReturnType<DnsServer['forwarding']>, 'loops' | 'resolvers'>,
  { problem: cause }: Exit,
): readonly Problem[] {
  const states = upstreams.map((text) => resolvers.find(({ at }) => at === canonical(text)));
  const allFail = states.length > 0 && states.every((state) => state?.suspectForMs != null);
  const allRefuse = states.every((state) => state?.refuses);
  const beyond = upstreams.filter((text) => !isReachableFromNamespace(text));
  return [
    ...(upstreams.length === 0 ? [noneProblem(cause)] : []),
    ...(cause && beyond.length > 0 ? [beyondProblem(beyond, cause)] : []),
    ...loops.map(loopProblem),
    ...(allFail ? [allRefuse ? refusedProblem(upstreams) : silentProblem(upstreams)] : []),
  ];
}

function canonical(text: string): string {
  const upstream = parseUpstream(text);
  return upstream === null ? text : formatUpstream(upstream);
}

function isReachableFromNamespace(text: string): boolean {
  const address = parseUpstream(text)?.address ?? '';
  return isIPv4(address) && !address.startsWith('127.');
}

/** The host may have resolvers on its loopback alone. */
function noneProblem(cause: Problem | null): Problem {
  const what = 'no upstream resolver: the host has none that this server can reach';
  const hint = 'set `dns.upstreams` in the configuration';
  return { subject: 'process dns', what: cause === null ? what : `${what} (${reasonOf(cause)})`, hint };
}

function beyondProblem(upstreams: readonly string[], cause: Problem): Problem {
  return {
    subject: 'process dns',
    what: `cannot reach ${upstreams.join(', ')} from its network namespace (${reasonOf(cause)})`,
    hint: `${cause.hint} Or set \`dns.upstreams\` to IPv4 resolvers that are not on the loopback of the host.`,
  };
}

const reasonOf = ({ subject, what }: Problem): string => `${subject} ${what}`;

function loopProblem(upstream: string): Problem {
  return {
    subject: `upstream ${upstream}`,
    what: 'forwards queries back to this server (forwarding loop), so Drover does not use it',
    hint: 'configure it to use other resolvers, or set `dns.upstreams` to resolvers that do not use Drover',
  };
}

function silentProblem(upstreams: readonly string[]): Problem {
  return {
    subject: 'process dns',
    what: `no upstream resolver answers (${upstreams.join(', ')}); external names are answered from the cache or fail`,
    hint: 'check that this host can reach them, or set `dns.upstreams` in the configuration',
  };
}

function refusedProblem(upstreams: readonly string[]): Problem {
  const who = `${upstreams.length === 1 ? 'the upstream resolver' : 'each upstream resolver'} (${upstreams.join(', ')})`;
  return {
    subject: 'process dns',
    what: `${who} replied to the last queries with errors such as SERVFAIL or REFUSED; these names fail or are answered from the cache`,
    hint: `find out why: \`dig @${upstreams[0]} NAME\`; or set \`dns.upstreams\` in the configuration`,
  };
}
