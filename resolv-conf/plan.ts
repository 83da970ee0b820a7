import type { Problem } from '../model/index.ts';
import type { Plan } from '../reconcile/index.ts';
import type { ContainerResolver } from './desired-resolvers.ts';
import { isBeforeStart } from './exemption.ts';
import { nameserversIn, originalOf, renderResolvConf } from './render.ts';
import { type ObservedFiles, resolverStates } from './resolver-state.ts';

/** Rewrites the resolv.conf of one container. */
export interface ResolvConfChange {
  readonly desired: ContainerResolver;
  readonly path: string;
}

/** Docker's resolver in networks other than the default bridge. */
const EMBEDDED_RESOLVER = '127.0.0.11';

/** Rewrites the files that are not as they should be. A file that cannot be rewritten is a problem. */
export function planResolvConf(
  resolver: string,
  desired: readonly ContainerResolver[],
  files: ObservedFiles,
): Plan<ResolvConfChange> {
  const changes = desired.flatMap((one): ResolvConfChange[] => {
    const file = files.get(one.container.id);
    return file?.kind === 'text' && rewritten(resolver, one, file.text) !== null
      ? [{ desired: one, path: file.path }]
      : [];
  });
  const planned = new Set(changes.map(({ desired: { container } }) => container.id));
  const problems = [...resolverStates(resolver, desired, files)].flatMap(([id, state]): Problem[] =>
    state.kind === 'problem' && !planned.has(id) ? [state.problem] : [],
  );
  return { changes, problems };
}

/** The new text of a container's resolv.conf; null: the text is right, or it is too early to change it. */
export function rewritten(
  resolver: string,
  { container, search, position }: ContainerResolver,
  text: string,
): string | null {
  if (!isBeforeStart(container)) return renderResolvConf(text, { resolver, search, position });
  // Docker has just truncated the file and is about to write it.
  if (text.trim() === '') return null;
  // In a user-defined network, Docker takes the search list from this file when it writes 127.0.0.11 into it. If our
  // domains were already there, Docker would keep them as the container's own.
  const early = !nameserversIn(originalOf(text) ?? text).includes(EMBEDDED_RESOLVER);
  return renderResolvConf(text, { resolver, search: early ? [] : search, position });
}

export function formatResolvConfChange({ desired: { container } }: ResolvConfChange): string {
  return `rewrite resolv.conf of container ${container.id.slice(0, 12)} ${container.name}`;
}
