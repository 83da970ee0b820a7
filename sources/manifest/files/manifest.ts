import type { JsonValue, Problem, ServiceDeclaration } from '../../../model/index.ts';
import type { WrongRule } from './wrong-rules.ts';

/** A text with its name, for messages: a path, or `standard input`. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
  /**
   * Texts of the files that it refers to (`metadata_file`, `extends`, `include`, `.env`), by their path from its folder. A missing one
   * could not be read.
   */
  readonly attached?: Readonly<Record<string, string>>;
  /** Why the file cannot be read; it has no text then. */
  readonly fault?: Omit<Problem, 'subject'>;
}

export interface ManifestOptions {
  /** The stack of services that do not name one themselves. */
  readonly stack?: string | undefined;
  /** Values of `${NAME}` in Compose files, which win over those of `.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

/** The valid declarations of manifests. */
export interface Manifests {
  /** Sorted by document key; no two have the same. */
  readonly declarations: readonly ServiceDeclaration[];
  /** Rules that declarations of load balancers do not have because they cannot be read, by document key. */
  readonly wrongRules: ReadonlyMap<string, readonly WrongRule[]>;
  /** Keys for a scheduler or the container runtime; one entry per file and key. */
  readonly ignored: readonly Problem[];
  readonly problems: readonly Problem[];
  /** False if anything could not be parsed. Then a missing declaration may be the unparsed one and must not be deleted. */
  readonly complete: boolean;
  /** Stacks, in lower case, whose services the documents list, also if the list is `{}`. */
  readonly stacks: readonly string[];
  /** Files without any text: they may have been cut off, so they must not change services that exist. */
  readonly emptyFiles: readonly string[];
}

/** The bus key of a declaration: `service/<stack>/<name>`, lower case. */
export function documentKey({ stack, name }: { readonly stack: string; readonly name: string }): string {
  return `service/${stack}/${name}`.toLowerCase();
}

/** Whether two declarations are equal. The order of keys matters, because metadata keeps it. */
export function isSame(a: JsonValue | ServiceDeclaration | null, b: JsonValue | ServiceDeclaration | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
