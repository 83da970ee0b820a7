import type { HostView, Scope } from '../../view/index.ts';
import { resolve } from '../answer/resolve.ts';
import { ruledNames } from '../upstream/choice/choice.ts';
import { TYPE } from '../wire/codes.ts';
import { hasRecords } from './client-queries.ts';
import type { ExplainSettings } from './explain.ts';

/** Whether the client gets an address for the name, of either family, or an alias for an external name. */
export function hasAddresses(view: HostView, scope: Scope, name: string, settings: ExplainSettings): boolean {
  const options = { ...settings, ruled: ruledNames(settings.forward.rules) };
  return [TYPE.A, TYPE.AAAA].some((type) => hasRecords(resolve(view, scope, { name, type }, options)));
}
