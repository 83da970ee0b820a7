import type { Problem } from '../../../model/index.ts';
import { interpolate } from './interpolate.ts';
import { composePart, layOut, type ServicePart } from './layout.ts';
import { isMap } from './values.ts';

/** A part after the parts that it extends, the most basic one first. */
export interface Extended {
  readonly parts: readonly ServicePart[];
  readonly problems: readonly Problem[];
}

/** Longer chains are a mistake. */
const MAX_BASES = 20;

/** What a part of a Compose file extends, as Compose and rancher-compose follow it: in its own file, or in the file that it names. */
export function withBases(part: ServicePart, seen: readonly string[] = []): Extended {
  const given = part.form === 'compose' && isMap(part.keys) ? part.keys.extends : null;
  if (given === undefined || given === null) return { parts: [part], problems: [] };
  const refused = (what: string, hint: string): Extended => ({
    parts: [part],
    problems: [{ subject: part.subjectOf(['extends']), what, hint }],
  });
  const reference = interpolate(given, { variables: part.context.variables });
  if (!reference.ok) return refused(reference.problem.what, reference.problem.hint);
  const { service, file } = isMap(reference.value) ? reference.value : { service: reference.value, file: null };
  if (typeof service !== 'string' || (typeof file !== 'string' && file !== undefined && file !== null)) {
    return refused('does not name a service', 'write `extends: {file: FILE, service: SERVICE}`');
  }
  const id = `${part.file} ${part.name}`;
  if (seen.includes(id)) return refused('extends itself', 'remove one of the `extends` of the circle');
  if (seen.length === MAX_BASES) return refused(`ends a chain of more than ${MAX_BASES}`, 'extend fewer services');
  const found =
    typeof file === 'string' ? partIn(part, file, service) : { part: part.sibling(service), problems: null };
  if (found.problems) return { parts: [part], problems: found.problems };
  if (!found.part)
    return refused(`names the service ${service}, which is not there`, 'correct the name of the service');
  const bases = withBases(found.part, [...seen, id]);
  return { parts: [...bases.parts.map(inherited), part], problems: bases.problems };
}

interface Found {
  readonly part: ServicePart | null;
  readonly problems: readonly Problem[] | null;
}

function partIn(part: ServicePart, file: string, service: string): Found {
  const source = part.context.project.open(file);
  if (!source) {
    const hint = 'correct the path: it is relative to the folder of the first file';
    const subject = part.subjectOf(['extends']);
    return { part: null, problems: [{ subject, what: `(${file}) cannot be read`, hint }] };
  }
  const layout = layOut(source, { ...part.context, stack: part.stack, project: source.folder });
  const found = composePart(layout.parts, service);
  return { part: found, problems: found || layout.problems.length === 0 ? null : layout.problems };
}

/** In version 1, services never share what links them to others. */
function inherited(part: ServicePart): ServicePart {
  if (!part.isV1 || !isMap(part.keys)) return part;
  const { links, volumes_from, ...keys } = part.keys;
  return { ...part, keys };
}
