import type { Problem, ServiceDeclaration } from '../../model/index.ts';
import { documentKey, type Manifests } from './files/manifest.ts';
import { parseManifests } from './parse-manifests.ts';
import type { ManifestUnit } from './read-directory.ts';

/** A declaration and the file or folder it came from. */
export interface Sourced {
  readonly unit: string;
  readonly declaration: ServiceDeclaration;
}

/** The declarations of a whole directory. */
export interface DirectoryPicture {
  readonly declared: ReadonlyMap<string, Sourced>;
  readonly problems: readonly Problem[];
  readonly ignored: readonly Problem[];
}

/**
 * The declarations of all files of a directory. A file that cannot be parsed completely keeps its declarations of `before`, also
 * after a restart. The declarations of a removed file are removed.
 */
export function pictureOf(units: readonly ManifestUnit[], before: ReadonlyMap<string, Sourced>): DirectoryPicture {
  const declared = new Map<string, Sourced>();
  const problems: Problem[] = [];
  const ignored: Problem[] = [];
  for (const unit of units) {
    const manifests = parseManifests(unit.files, unit.stack === null ? {} : { stack: unit.stack });
    problems.push(...unit.problems, ...manifests.problems);
    ignored.push(...manifests.ignored);
    for (const declaration of declarationsOf(unit, manifests, before)) {
      const key = documentKey(declaration);
      const first = declared.get(key);
      if (!first) declared.set(key, { unit: unit.name, declaration });
      else problems.push(twice(declaration, unit.name, first.unit));
    }
  }
  return { declared, problems, ignored };
}

function declarationsOf(
  unit: ManifestUnit,
  manifests: Manifests,
  before: ReadonlyMap<string, Sourced>,
): readonly ServiceDeclaration[] {
  if (manifests.complete && unit.problems.length === 0) return manifests.declarations;
  const now = new Set(manifests.declarations.map(documentKey));
  const kept = [...before].filter(([key, sourced]) => sourced.unit === unit.name && !now.has(key));
  return [...manifests.declarations, ...kept.map(([, { declaration }]) => declaration)];
}

function twice({ stack, name }: ServiceDeclaration, unit: string, first: string): Problem {
  const what = `is declared in ${first} already; what ${unit} says is left out`;
  return { subject: `${unit} ${stack}/${name}`, what, hint: 'keep it in one file, or put both files in one folder' };
}
