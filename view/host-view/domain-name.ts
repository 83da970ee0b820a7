import { type Container, shortId } from '../../model/index.ts';
import type { HostView } from './host-view.ts';

/** The main suffix, without trailing dot. */
export function mainSuffix(view: HostView): string {
  return withoutDot(view.snapshot.environment.suffixes[0] ?? '');
}

/** Lower case, without the trailing dot. */
export function withoutDot(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** The suffix that a name (lower case, no trailing dot) is below, and the part before it: '' for the suffix itself. */
export function underSuffix(
  view: HostView,
  name: string,
): { readonly suffix: string; readonly relative: string } | null {
  let longest: { readonly suffix: string; readonly relative: string } | null = null;
  for (const given of view.snapshot.environment.suffixes) {
    const suffix = withoutDot(given);
    const isBelow = name.endsWith(suffix) && name[name.length - suffix.length - 1] === '.';
    if (suffix.length <= (longest?.suffix.length ?? 0) || !(isBelow || name === suffix)) continue;
    longest = { suffix, relative: isBelow ? name.slice(0, -suffix.length - 1) : '' };
  }
  return longest;
}

/**
 * Whether a name outside the suffixes contains one of them in front of another domain, as clients ask that try their whole search
 * list. After a suffix of one label, the rest must be one of `search`, because such a label may occur in any domain.
 */
export function hasSuffixWithin(view: HostView, name: string, search: readonly string[]): boolean {
  return view.snapshot.environment.suffixes.some((given) => {
    const suffix = withoutDot(given);
    const at = `.${name}.`.indexOf(`.${suffix}.`);
    if (at < 0) return false;
    const rest = name.slice(at + suffix.length + 1);
    return suffix.includes('.') || search.some((domain) => withoutDot(domain) === rest);
  });
}

/** Under the main suffix, absolute; null if that is not a valid DNS name [RFC 1035 §2.3.4]. */
export function absoluteName(view: HostView, relative: string): string | null {
  const name = `${relative.toLowerCase()}.${mainSuffix(view)}.`;
  return isDomainName(name) ? name : null;
}

/** Leaves room for the name of a host and a suffix behind it. */
const LONGEST_CONTAINER_NAME = 128;

/** The name of a container in DNS, lower case and relative to the suffix: its name or, if that is not valid there, the short id. */
export function containerName(container: Pick<Container, 'id' | 'name'>): string {
  const name = container.name.toLowerCase();
  // Of 100,000 containers, nearly all have such a name.
  if (name.length <= 63 && !name.includes('.')) return name;
  return name.length <= LONGEST_CONTAINER_NAME && isDomainName(`${name}.`) ? name : shortId(container);
}

/** Absolute, labels of 1 to 63 and 255 octets in all, printable ASCII without spaces. */
export function isDomainName(name: string): boolean {
  return name.length <= 254 && /^([!-\-/-~]{1,63}\.)+$/.test(name);
}
