import { type Config, followHostResolvers, hasLocalStub, readHostResolvers } from '../../agent/index.ts';
import type { DnsServer, ForwarderOptions } from '../../dns/index.ts';
import type { Problem } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';

/** Where queries to upstreams are sent from: Drover's network namespace, or the host itself (`--listen`). */
export type Place = 'namespace' | 'host';

/** The forwarder's options from the configuration. */
export function forwardingOptions({ dns }: Config, place: Place): ForwarderOptions {
  return {
    source: place === 'namespace' ? dns.sourceAddress : null,
    rules: Object.entries(dns.forward).map(([suffix, upstreams]) => ({ suffix, upstreams })),
    cache: dns.cache,
  };
}

/** The configured upstream resolvers, or the host's own, which may change at any time. */
export async function followUpstreams(
  { clock }: { readonly clock: Clock },
  { dns, host }: Config,
  place: Place,
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
  { loops, resolvers }: ReturnType<DnsServer['forwarding']>,
): readonly Problem[] {
  const atOf = (text: string) => (/^[\d.]+$/.test(text) ? `${text}:53` : text);
  const states = upstreams.map((text) => resolvers.find(({ at }) => at === atOf(text)));
  const silent = states.length > 0 && states.every((state) => state?.suspectForMs != null);
  return [
    ...(upstreams.length === 0 ? [NONE] : []),
    ...loops.map(loopProblem),
    ...(silent ? [silentProblem(upstreams)] : []),
  ];
}

const NONE: Problem = {
  subject: 'process dns',
  what: 'no upstream resolver: the host has none that this server can reach',
  hint: 'set `dns.upstreams` in the configuration',
};

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
