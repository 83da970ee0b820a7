import { HOST_LABEL } from './host-name.ts';
import type { HostView } from './host-view.ts';
import { METADATA_NAME } from './meaning.ts';
import type { Scope } from './scope.ts';

const BELOW_HOSTS = `.${HOST_LABEL}`;
const DOT = '.'.charCodeAt(0);
const UNDERSCORE = '_'.charCodeAt(0);

/**
 * The suffix (as in the environment) below which there is no such name, where that can be told at a glance; null: ask
 * `lookupName`. `name` is lower case, without trailing dot. For names at random, of which there are many.
 */
export function absentBelow(view: HostView, scope: Scope, name: string): string | null {
  if (!view.snapshot.complete) return null;
  let longest: string | null = null;
  for (const zone of view.snapshot.environment.suffixes) {
    const isLonger = longest === null || zone.length > longest.length;
    if (isLonger && isBelow(name, zone)) longest = zone;
  }
  if (longest === null || mayMean(view, scope, name.slice(0, name.length - longest.length))) return null;
  return longest;
}

/** `zone` is absolute, so one dot longer than what the name has of it. */
function isBelow(name: string, zone: string): boolean {
  const dot = name.length - zone.length;
  return dot > 0 && name.charCodeAt(dot) === DOT && zone.startsWith(name.slice(dot + 1));
}

/** Whether `lookupName` could find something, or has to look closer: ports, `all.`, hosts. */
function mayMean(view: HostView, scope: Scope, relative: string): boolean {
  if (relative.charCodeAt(0) === UNDERSCORE || relative.startsWith('all.') || relative.endsWith(BELOW_HOSTS))
    return true;
  if (relative === METADATA_NAME || scope.links.has(relative)) return true;
  return view.index.names.has(relative);
}
