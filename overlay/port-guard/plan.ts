import {
  formatStep,
  removeTable,
  renderSetChanges,
  replaceTable,
  type Step,
  sameTable,
  step,
} from '../../linux/index.ts';
import { formatPortBindings, type PortBinding, type PortBindings, type Problem } from '../../model/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import type { DesiredGuard, PortGuardSettings } from './desired-guard.ts';
import { findBindings, quoted } from './find-ports.ts';
import type { ObservedGuard } from './observed-guard.ts';
import { type GuardElements, NO_ELEMENTS, renderFrame, tableId } from './render.ts';

/** A command, or the new content of the file that other processes read the bindings from. */
export type GuardChange =
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'publish'; readonly bindings: PortBindings };

export function formatGuardChange(change: GuardChange): string {
  if (change.kind === 'step') return formatStep(change.step);
  return `publish port bindings: ${change.bindings === 'off' ? 'off' : change.bindings.length}`;
}

/**
 * Replaces a table whose rules differ, with everything its sets should contain; otherwise changes only the set elements
 * that differ. `off` removes the table.
 */
export function planPortGuard(
  { table }: PortGuardSettings,
  desired: DesiredGuard | 'off',
  observed: ObservedGuard,
): Plan<GuardChange> {
  if (desired === 'off') {
    const removal = planTableRemoval({ table }, observed.frame).map(asChange);
    return { changes: [...removal, ...planPublication('off', observed)], problems: [] };
  }
  const bindings = findBindings(desired, observed);
  const publication = planPublication(bindings, observed);
  if (observed.refusal !== null) return { changes: publication, problems: [refused(observed.refusal)] };
  const wanted = guardElements(desired.device, bindings, observed);
  return {
    changes: [...planTable(table, wanted, observed).map(asChange), ...publication],
    problems: observed.hidden.length === 0 ? [] : [hidden(observed.hidden)],
  };
}

export function planTableRemoval({ table }: PortGuardSettings, frame: string | null): readonly Step[] {
  return frame === null ? [] : [removeTable(tableId(table))];
}

/** The content of the sets, sorted. A port is known once the container behind it has been found. */
export function guardElements(
  device: string,
  bindings: readonly PortBinding[],
  { ports, ownAddresses }: Pick<ObservedGuard, 'ports' | 'ownAddresses'>,
): GuardElements {
  const bound = bindings.map((binding) => ({ ...binding, name: quoted({ name: binding.port }) }));
  return {
    elsewhere: sorted(ports.filter(({ bridge }) => bridge !== device).map(quoted)),
    known: sorted(bound.map(({ name }) => name)),
    macs: sorted(bound.map(({ name, mac }) => `${name} . ${mac}`)),
    addresses: sorted(bound.map(({ name, ipv4 }) => `${name} . ${ipv4}`)),
    taken: sorted([...bound.map(({ ipv4 }) => ipv4), ...ownAddresses]),
  };
}

function planTable(table: string, wanted: GuardElements, { frame, elements }: ObservedGuard): readonly Step[] {
  const text = renderFrame(table);
  if (!sameTable(frame, text))
    return [replaceTable(tableId(table), `${text}${renderSetChanges(tableId(table), NO_ELEMENTS, wanted)}`)];
  const difference = renderSetChanges(tableId(table), elements, wanted);
  return difference === '' ? [] : [step('nft -f -', difference)];
}

function planPublication(bindings: PortBindings, { published }: ObservedGuard): readonly GuardChange[] {
  return published === formatPortBindings(bindings) ? [] : [{ kind: 'publish', bindings }];
}

function asChange(step: Step): GuardChange {
  return { kind: 'step', step };
}

function sorted(elements: readonly string[]): readonly string[] {
  return [...new Set(elements)].toSorted();
}

function refused(refusal: string): Problem {
  return {
    subject: 'port guard',
    what: `containers can spoof the addresses of other containers: this kernel does not accept an nft table of family bridge: ${refusal}`,
    hint: 'use a kernel with nf_tables for bridges (CONFIG_NF_TABLES_BRIDGE; modprobe nf_tables), or switch the guard off: network.guard: false',
  };
}

function hidden(ids: readonly string[]): Problem {
  const [first = '', ...others] = ids.map((id) => id.slice(0, 12));
  return {
    subject: 'port guard',
    what: `container ${first}${others.length > 0 ? ` and ${others.length} others` : ''} can spoof the addresses of other containers: the agent is not permitted to see which port leads to it`,
    hint: 'give the agent the capability SYS_PTRACE',
  };
}
