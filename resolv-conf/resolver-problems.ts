import type { Container, Problem } from '../model/index.ts';
import { nameserversIn } from './plan.ts';
import type { ResolverState } from './resolv-conf-applier.ts';
import { ResolvConfFileError } from './resolv-conf-file.ts';

/** What the text of a resolv.conf means for a container that should have us alone. Pure. */
export function stateOfText(container: Container, text: string, resolver: string): ResolverState {
  const servers = nameserversIn(text);
  if (servers.length === 1 && servers[0] === resolver) return { kind: 'ours' };
  const others = servers.filter((server) => server !== resolver).join(', ') || 'none';
  const what = servers.includes(resolver)
    ? `its resolv.conf lists another resolver beside ours (${others})`
    : `its resolv.conf lacks our resolver (it has ${others})`;
  return problemOf(
    container,
    what,
    'until the agent has written it, ask for `service.stack`; restart the container if it stays',
  );
}

/** Why the file of a container could not be read or written. */
export function stateOfError(container: Container, error: unknown): ResolverState {
  const code = (error as { code?: string }).code;
  if (code === 'ENOENT') return { kind: 'exempt', why: 'its file is gone: it was removed' };
  const why = code === 'ELOOP' ? 'it is a symbolic link' : error instanceof Error ? error.message : String(error);
  const hint =
    code === 'EROFS' || code === 'EACCES' || code === 'EPERM'
      ? "run the agent as root with Docker's data directory writable"
      : error instanceof ResolvConfFileError
        ? 'remove the container and create it again'
        : 'look at the file on the host';
  return problemOf(container, `its resolv.conf could not be given our resolver: ${why}`, hint);
}

export function stateWithoutPath(container: Container): ResolverState {
  return problemOf(
    container,
    'Docker has no resolv.conf for it that could be written (a volume over /etc/resolv.conf hides it)',
    'remove that volume, or list our resolver in the file it brings',
  );
}

function problemOf(container: Container, what: string, hint: string): ResolverState {
  const problem: Problem = { subject: `container ${container.id.slice(0, 12)} ${container.name}`, what, hint };
  return { kind: 'problem', problem };
}
