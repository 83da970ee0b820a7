import { mainSuffix } from '../host-view/domain-name.ts';
import type { HostView } from '../host-view/host-view.ts';

/** All common names below the main suffix, absolute, in no order. */
export function* listNames(view: HostView): Generator<string> {
  const suffix = mainSuffix(view);
  for (const name of view.index.names.keys()) yield `${name}.${suffix}.`;
}
