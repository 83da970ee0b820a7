import { EMBEDDED_RESOLVER } from './author.ts';
import { nameserversIn, originalOf, written } from './render.ts';

/** What replaces Drover as a resolver of a container. */
export interface Successors {
  /** Drover's address. */
  readonly resolver: string;
  /** The resolvers of the host; none: the address of Drover stays. */
  readonly resolvers: readonly string[];
  /** Whether Docker's own resolver forwards the queries of this container to Drover (`--dns`, or `dns` in daemon.json). */
  readonly viaDocker: boolean;
}

export const NONE: Successors = { resolver: '', resolvers: [], viaDocker: false };

const TITLE =
  '# Written by Drover when it was removed: the resolvers of the host. Restart the container for those of Docker.';
/** The C library reads no more. */
const MOST_NAMESERVERS = 3;

/** The text of a resolv.conf without Drover: that from before, with other resolvers if it lists Drover itself. Null: no change. */
export function restoredText(text: string, { resolver, resolvers, viaDocker }: Successors): string | null {
  const original = originalOf(text) ?? text;
  const before = nameserversIn(original);
  const others = before.filter((address) => address !== resolver);
  const lacks = others.length < before.length || (viaDocker && before.join() === EMBEDDED_RESOLVER);
  const addresses = [...new Set([...others, ...resolvers])].slice(0, MOST_NAMESERVERS);
  const restored = lacks && resolvers.length > 0 ? withNameservers(original, addresses) : original;
  return restored.trimEnd() === text.trimEnd() ? null : restored;
}

/** The original text stays in it, so that Drover finds it when it comes back. */
function withNameservers(original: string, addresses: readonly string[]): string {
  const others = original.split('\n').filter((line) => line !== '' && !/^\s*nameserver\s/.test(line));
  return written(TITLE, [...addresses.map((address) => `nameserver ${address}`), ...others], original);
}
