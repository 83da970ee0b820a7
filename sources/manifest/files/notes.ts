import type { Problem } from '../../../model/index.ts';
import type { Entry } from './entries.ts';
import { readerOf } from './keys.ts';
import type { IgnoredKey } from './layout.ts';

export function asIgnored({ key, part, path }: Entry): IgnoredKey {
  return { subject: part.subjectOf(path), file: part.file, key };
}

/** One note per file and key, for any number of services. */
export function ignoredNotes(keys: readonly IgnoredKey[]): readonly Problem[] {
  const groups = new Map<string, IgnoredKey[]>();
  for (const key of keys) {
    const id = `${key.file} ${key.key}`;
    groups.set(id, [...(groups.get(id) ?? []), key]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    const more = group.length > 1 ? ` (and ${group.length - 1} more)` : '';
    return {
      subject: `${first?.subject}${more}`,
      what: `is for ${readerText(first?.key ?? '')}: ignored`,
      hint: 'no action needed',
    };
  });
}

/** A key that Drover ignores here may be read by the container runtime. */
function readerText(key: string): string {
  const reader = readerOf(key);
  if (reader === null) return 'other programs';
  return reader === 'scheduler' ? 'a scheduler' : 'the container runtime';
}

/** One note per variable. */
export function unsetNotes(unset: ReadonlyMap<string, string>): readonly Problem[] {
  return [...unset].map(([name, subject]) => ({
    subject,
    what: `uses the variable ${name}, which is not set: it is empty`,
    hint: `no action needed, or set ${name}`,
  }));
}
