import { isLoopback, parseUpstream, type Upstream } from './address.ts';

/**
 * Whom to ask for an asker: its own resolvers, then the default ones, each once. Never ourselves, and nobody on loopback
 * for a container: that is its own loopback.
 */
export function createUpstreamChoice(
  defaults: () => readonly string[],
  ourselves: () => readonly Upstream[],
): (asker: { readonly dns: readonly string[] }) => readonly Upstream[] {
  return ({ dns }) => {
    const own = parsed(dns).filter(({ address }) => !isLoopback(address));
    const chosen = new Map(
      [...own, ...parsed(defaults())].map((upstream) => [`${upstream.address} ${upstream.port}`, upstream]),
    );
    for (const { address, port } of ourselves()) chosen.delete(`${address} ${port}`);
    return [...chosen.values()];
  };
}

function parsed(texts: readonly string[]): readonly Upstream[] {
  return texts.flatMap((text) => parseUpstream(text) ?? []);
}
