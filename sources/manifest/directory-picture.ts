import type { Problem, ServiceDeclaration } from '../../model/index.ts';
import { emptyFileProblem } from './empty-file.ts';
import { documentKey, isSame, type Manifests } from './files/manifest.ts';
import { withKeptRules } from './files/wrong-rules.ts';
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
  /** What the files of each unit say. */
  readonly manifests: ReadonlyMap<ManifestUnit, Manifests>;
}

/**
 * The declarations of all files of a directory. A file that cannot be parsed completely keeps its declarations of `before`, also
 * after a restart. The declarations of a removed file are removed. Only units that are not among `parsed` are parsed.
 */
export function pictureOf(
  units: readonly ManifestUnit[],
  before: ReadonlyMap<string, Sourced>,
  parsed: DirectoryPicture['manifests'] = new Map(),
): DirectoryPicture {
  const parse = ({ files, stack }: ManifestUnit) => parseManifests(files, stack === null ? {} : { stack });
  const all = new Map(units.map((unit) => [unit, parsed.get(unit) ?? parse(unit)]));
  const declared = new Map<string, Sourced>();
  const problems: Problem[] = [];
  const ignored: Problem[] = [];
  for (const [unit, manifests] of all) {
    const kept = keptOf(unit, manifests, before);
    problems.push(...manifests.problems, ...kept.problems);
    ignored.push(...manifests.ignored);
    for (const declaration of kept.declarations) {
      const key = documentKey(declaration);
      const first = declared.get(key);
      if (!first) declared.set(key, { unit: unit.name, declaration });
      else problems.push(twice(declaration, unit.name, first.unit));
    }
  }
  return { declared, problems, ignored, manifests: all };
}

interface Kept {
  readonly declarations: readonly ServiceDeclaration[];
  readonly problems: readonly Problem[];
}

/** The declarations of a unit now. What an invalid or an empty file may have said is kept as it was. */
function keptOf(unit: ManifestUnit, manifests: Manifests, before: ReadonlyMap<string, Sourced>): Kept {
  const { declarations, wrongRules, complete, emptyFiles } = manifests;
  if (complete && emptyFiles.length === 0) return { declarations, problems: [] };
  const own = new Map(
    [...before].flatMap(([key, { unit: name, declaration }]) => (name === unit.name ? [[key, declaration]] : [])),
  );
  const now = new Map(
    declarations.map((declaration) => {
      const key = documentKey(declaration);
      return [key, withKeptRules(declaration, wrongRules.get(key) ?? [], own.get(key) ?? null)];
    }),
  );
  if (emptyFiles.length === 0) return { declarations: [...new Map([...own, ...now]).values()], problems: [] };
  const isChanged = [...own].some(([key, declaration]) => !isSame(now.get(key) ?? null, declaration));
  return {
    declarations: [...new Map([...now, ...own]).values()],
    problems: isChanged ? emptyFiles.map(emptyFileProblem) : [],
  };
}

function twice({ stack, name }: ServiceDeclaration, unit: string, first: string): Problem {
  const what = `is declared in ${first} already; what ${unit} says is left out`;
  return { subject: `${unit} ${stack}/${name}`, what, hint: 'keep it in one file, or put both files in one folder' };
}
