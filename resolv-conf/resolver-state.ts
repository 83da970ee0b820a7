import type { Container, Problem } from '../model/index.ts';
import type { Author } from './author.ts';
import type { ContainerResolver } from './desired-resolvers.ts';
import { exclusionOf, exemptionOf } from './exemption.ts';
import { nameserversIn } from './render.ts';

/** A container's resolv.conf as it was read. `none`: Docker has no such file. */
export type ObservedFile =
  | { readonly kind: 'text'; readonly path: string; readonly text: string; readonly author: Author }
  | { readonly kind: 'none' }
  /** `code`: of the system (`EROFS`), or `unsuitable`: the file is not one that Docker made. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** Docker id -> the file of that container. */
export type ObservedFiles = ReadonlyMap<string, ObservedFile>;

/**
 * Which resolver a container uses. `ours`: only Drover. `exempt`: Drover never sets it (no network, no file of its own, or a
 * label opts out). `inactive`: not yet or no longer running. `problem`: Drover is missing, is not the only one, or the file
 * cannot be written. `left`: Drover leaves the file to the container.
 */
export type ResolverState =
  | { readonly kind: 'ours' }
  | { readonly kind: 'exempt'; readonly why: string }
  | { readonly kind: 'inactive'; readonly why: string }
  | { readonly kind: 'left'; readonly note: Problem }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Docker id -> state. */
export function resolverStates(
  resolver: string,
  desired: readonly ContainerResolver[],
  files: ObservedFiles,
): ReadonlyMap<string, ResolverState> {
  return new Map(desired.map((one) => [one.container.id, stateOf(resolver, one, files.get(one.container.id))]));
}

function stateOf(resolver: string, desired: ContainerResolver, file: ObservedFile = { kind: 'none' }): ResolverState {
  const { container } = desired;
  const why = exemptionOf(container);
  if (why !== null) return { kind: exclusionOf(container) === null ? 'inactive' : 'exempt', why };
  switch (file.kind) {
    case 'text':
      return stateOfText(resolver, desired, file);
    case 'failed':
      return stateOfFailure(container, file);
    case 'none':
      return container.state === 'starting' ? { kind: 'inactive', why: 'it is starting' } : stateWithoutFile(container);
  }
}

function stateOfText(
  resolver: string,
  { container, reach }: ContainerResolver,
  { text, author }: Extract<ObservedFile, { kind: 'text' }>,
): ResolverState {
  const servers = nameserversIn(text);
  if (reach !== 'no' && servers.length === 1 && servers[0] === resolver) return { kind: 'ours' };
  const others = servers.filter((server) => server !== resolver).join(', ') || 'none';
  if (author === 'container') return { kind: 'left', note: ownFile(container, servers) };
  if (reach === 'no') return { kind: 'left', note: unreachable(container, resolver) };
  if (reach !== 'yes') return { kind: 'inactive', why: 'it has not been probed yet whether it reaches Drover' };
  const what = servers.includes(resolver)
    ? `its resolv.conf lists other resolvers besides Drover: ${others}`
    : `its resolv.conf does not list Drover; it lists: ${others}`;
  return problemOf(
    container,
    what,
    'restart the container if this persists; until then, use names such as `service.stack`',
  );
}

function unreachable(container: Container, resolver: string): Problem {
  const networks = container.addresses.map(({ networkName }) => networkName).join(', ') || 'no network';
  return {
    subject: subjectOf(container),
    what: `cannot reach ${resolver} from its networks (${networks}), and keeps Docker's resolver`,
    hint: 'attach the container to a bridge network if it needs names from Drover, else no action needed',
  };
}

function ownFile(container: Container, servers: readonly string[]): Problem {
  return {
    subject: subjectOf(container),
    what: `a program in the container wrote its resolv.conf, and Drover leaves it; it lists: ${servers.join(', ') || 'none'}`,
    hint: 'label the container `drover.dns=false` if this is intended (VPN client, DNS server), else restart it',
  };
}

function stateOfFailure(container: Container, { code, message }: { code: string; message: string }): ResolverState {
  if (code === 'ENOENT') return { kind: 'inactive', why: 'its resolv.conf is gone because it was removed' };
  const why = code === 'ELOOP' ? 'the file is a symbolic link' : message;
  return problemOf(container, `cannot write its resolv.conf: ${why}`, hintFor(code));
}

function hintFor(code: string): string {
  if (['EROFS', 'EACCES', 'EPERM'].includes(code))
    return "run the agent as root, with Docker's data directory writable";
  return code === 'unsuitable' ? 'remove the container and create it again' : 'check the file on the host';
}

function stateWithoutFile(container: Container): ResolverState {
  return problemOf(
    container,
    'a volume hides its resolv.conf: something is mounted over /etc/resolv.conf',
    "remove that volume, or list Drover's address in the mounted file",
  );
}

function problemOf(container: Container, what: string, hint: string): ResolverState {
  return { kind: 'problem', problem: { subject: subjectOf(container), what, hint } };
}

function subjectOf({ id, name }: Container): string {
  return `container ${id.slice(0, 12)} ${name}`;
}
