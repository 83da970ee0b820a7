import type { Container } from '../model/index.ts';
import { isBeforeStart } from './exemption.ts';
import { nameserversIn } from './render.ts';
import type { FileContent } from './resolv-conf-file.ts';
import { isSealed, sealIn } from './seal.ts';

/** Who wrote a container's resolv.conf. `drover`: and nothing has changed it since. `container`: a program in the container, or a user. */
export type Author = 'drover' | 'docker' | 'container';

/** Docker's resolver in networks other than the default bridge. */
export const EMBEDDED_RESOLVER = '127.0.0.11';

/**
 * Docker notes the digest of what it writes for a start, but not when it changes the file to its own resolver afterwards. For a
 * container on the host's network, versions before 26 note none: then the file must be from before the start.
 */
export function authorOf(
  resolver: string,
  container: Pick<Container, 'state' | 'startedAtMs'>,
  { text, digest, dockerDigest, modifiedAtMs }: FileContent,
): Author {
  if (isSealed(text) || isOfEarlierVersion(resolver, text)) return 'drover';
  if (digest === dockerDigest || isOfEmbeddedResolver(text)) return 'docker';
  const isFromBeforeStart = isBeforeStart(container) || modifiedAtMs <= (container.startedAtMs ?? 0);
  return dockerDigest === null && isFromBeforeStart ? 'docker' : 'container';
}

/** Earlier versions wrote no seal. */
function isOfEarlierVersion(resolver: string, text: string): boolean {
  return sealIn(text) === null && /^# .*\bDrover\b/.test(text) && nameserversIn(text).join() === resolver;
}

/** Before version 26 Docker lists the IPv6 resolvers of the host after its own. */
function isOfEmbeddedResolver(text: string): boolean {
  const [first, ...others] = nameserversIn(text);
  return first === EMBEDDED_RESOLVER && others.every((address) => address.includes(':'));
}
