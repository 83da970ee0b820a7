import type { Clock } from '../system/index.ts';
import { authorOf } from './author.ts';
import type { ContainerResolver } from './desired-resolvers.ts';
import { exemptionOf } from './exemption.ts';
import { type FileContent, ResolvConfFileError, rewriteInPlace } from './resolv-conf-file.ts';
import type { ObservedFile, ObservedFiles } from './resolver-state.ts';

export interface ObserveDependencies {
  /** Drover's address. */
  readonly resolver: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Where Docker keeps a container's resolv.conf; null: not known, or a volume hides it. */
  readonly pathOf: (containerId: string) => string | null;
  readonly isPathAllowed: (path: string) => boolean;
}

/** Reads the files of containers. */
export interface FileReader {
  read(desired: readonly ContainerResolver[]): Promise<ObservedFiles>;
  /** A file after it was written. */
  learn(desired: ContainerResolver, path: string, content: FileContent): void;
  latest(): { readonly desired: readonly ContainerResolver[]; readonly files: ObservedFiles };
}

interface Known {
  readonly desired: ContainerResolver;
  readonly file: ObservedFile;
  readonly atMs: number;
}

/** A file is not read again for so long, unless its container changes. Rewriting a file always reads it first. */
const TRUSTED_MS = 20_000;
const READS_AT_ONCE = 16;

export function createFileReader(deps: ObserveDependencies): FileReader {
  const now = deps.clock.monotonic;
  let latest: readonly ContainerResolver[] = [];
  let known = new Map<string, Known>();
  const isTrusted = ({ desired, file, atMs }: Known, container: ContainerResolver): boolean =>
    desired === container &&
    file.kind === 'text' &&
    file.author === 'drover' &&
    file.path === deps.pathOf(container.container.id) &&
    now() - atMs < TRUSTED_MS;
  const readOne = async (desired: ContainerResolver): Promise<Known> => {
    const before = known.get(desired.container.id);
    if (before !== undefined && isTrusted(before, desired)) return before;
    const atMs = now();
    return { desired, file: await readFile(deps, desired), atMs };
  };
  const files = (): ObservedFiles => new Map([...known].map(([id, { file }]) => [id, file]));
  return {
    read: async (desired) => {
      latest = desired;
      const all = await inBatches(desired, readOne);
      known = new Map(all.map((one) => [one.desired.container.id, one]));
      return files();
    },
    learn: (desired, path, content) => {
      const file = observedText(deps, desired, { path, content });
      known.set(desired.container.id, { desired, file, atMs: now() });
    },
    latest: () => ({ desired: latest, files: files() }),
  };
}

/** Opens the file for writing as well, so that a file that cannot be written is known before there is anything to write. */
async function readFile(deps: ObserveDependencies, desired: ContainerResolver): Promise<ObservedFile> {
  const { pathOf, isPathAllowed } = deps;
  const { container } = desired;
  const path = pathOf(container.id);
  if (path === null || exemptionOf(container) !== null) return { kind: 'none' };
  try {
    return observedText(deps, desired, { path, content: await rewriteInPlace(path, isPathAllowed, () => null) });
  } catch (error) {
    const { code = 'unknown', message } = error as NodeJS.ErrnoException;
    return { kind: 'failed', code: error instanceof ResolvConfFileError ? 'unsuitable' : code, message };
  }
}

function observedText(
  { resolver }: Pick<ObserveDependencies, 'resolver'>,
  { container }: ContainerResolver,
  { path, content }: { readonly path: string; readonly content: FileContent },
): ObservedFile {
  return { kind: 'text', path, text: content.text, author: authorOf(resolver, container, content) };
}

async function inBatches<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += READS_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + READS_AT_ONCE).map(act))));
  }
  return results;
}
