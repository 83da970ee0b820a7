import { nameKey } from './dependency-key.ts';
import { HOST_LABEL } from './host-name.ts';
import type { HostView } from './host-view.ts';
import { METADATA_NAME } from './meaning.ts';

/** Names that may exist though nobody bears them: `_http._tcp.web.shop`, `all.web.shop`, `one.node1.host`. */
export const OPEN_NAMES = { firstLetter: '_', firstLabel: 'all', lastLabel: HOST_LABEL } as const;

/**
 * Below which suffixes (as in the environment) a name exists for nobody that is not among `namesIn`, nor open, nor a link of
 * whoever asks. None before the first complete picture.
 */
export function closedZones({ snapshot }: HostView): readonly string[] {
  return snapshot.complete ? snapshot.environment.suffixes : [];
}

/** Every name below every closed zone, absolute, lower case, in no order. */
export function* namesInZones(view: HostView): Generator<string> {
  for (const zone of closedZones(view)) {
    yield `${METADATA_NAME}.${zone}`;
    for (const name of view.index.names.keys()) yield `${name}.${zone}`;
  }
}

const NAME_KEY = nameKey('');

/** The same names as far as they may be new by a change of this key (see `differences`). */
export function namesByChange(view: HostView, key: string): readonly string[] {
  if (!key.startsWith(NAME_KEY)) return [];
  return closedZones(view).map((zone) => `${key.slice(NAME_KEY.length)}.${zone}`);
}

/** The names only an asker with these links has, absolute. */
export function linkNames(view: HostView, links: ReadonlyMap<string, unknown>): readonly string[] {
  return closedZones(view).flatMap((zone) => [...links.keys()].map((name) => `${name}.${zone}`));
}
