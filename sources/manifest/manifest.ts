import type { Problem, ServiceDeclaration } from '../../model/index.ts';

/** A text with its name, for messages: a path, or `standard input`. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
  /** Texts of the files it names (`metadata_file`), by the name it gives them; one that is not here could not be read. */
  readonly attached?: Readonly<Record<string, string>>;
}

export interface ManifestOptions {
  /** The stack of services that do not name one themselves. */
  readonly stack?: string | undefined;
  /** What `${NAME}` stands for in compose files; one that is not set and has no default is a problem. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

/** What manifests say, as far as it can be understood. */
export interface Manifests {
  /** Sorted by document key; no two have the same. */
  readonly declarations: readonly ServiceDeclaration[];
  /** Keys that are for a scheduler or the container runtime; one entry a file and key. */
  readonly ignored: readonly Problem[];
  readonly problems: readonly Problem[];
  /** False if anything could not be understood: what is absent may be what was not understood, and must not be deleted. */
  readonly complete: boolean;
}

/** The bus key of a declaration: `service/<stack>/<name>`, lower case. */
export function documentKey({ stack, name }: { readonly stack: string; readonly name: string }): string {
  return `service/${stack}/${name}`.toLowerCase();
}
