import { nameOfNext, nameOfOld } from '../model/index.ts';

/** One container of a replacement as Docker shows it. */
export interface ObservedContainer {
  readonly id: string;
  readonly name: string;
  readonly isRunning: boolean;
  /** Since it was created. */
  readonly wasStarted: boolean;
  /** Names and ids of its networks. */
  readonly networks: readonly string[];
}

/** What is observed of a replacement. A container is null if it does not exist. The new one is known by a name of Drover, its
 * own or that of the old one. */
export interface Replacement {
  /** Name of the old container before, and of the new one after the replacement. */
  readonly own: string;
  readonly old: ObservedContainer | null;
  readonly next: ObservedContainer | null;
  /** Another container has the name `own`. */
  readonly isNameTaken: boolean;
}

/** Names of networks: those that the new container must be on besides the one that it is created on, and those it must leave. */
export interface NetworkChanges {
  readonly connect: readonly string[];
  readonly disconnect: readonly string[];
}

export type Step =
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'connect' | 'disconnect'; readonly network: string }
  | { readonly kind: 'stop' | 'start' | 'remove'; readonly container: 'old' | 'next' }
  | { readonly kind: 'rename'; readonly container: 'old' | 'next'; readonly name: string };

/**
 * The remaining steps of a replacement. The new container is complete before the old one is stopped, and the old one is removed only
 * when the new one was started. The names change before the stop: after a crash they show that Docker may still be stopping the
 * old one. Nothing else shows that. Pure.
 */
export function planReplacement({ own, old, next }: Replacement, networks: NetworkChanges): readonly Step[] {
  // Another program removed the old container, so the new one is not wanted either.
  if (!old) return next ? [{ kind: 'remove', container: 'next' }] : [];
  return [
    ...(next ? [] : [{ kind: 'create', name: nameOfNext(own, old.id) } as const]),
    ...(next?.wasStarted ? [] : changeNetworks(next, networks)),
    ...(old.name === own
      ? [{ kind: 'rename', container: 'old', name: nameOfOld(own, next?.id ?? '(new id)') } as const]
      : []),
    ...(next?.name === own ? [] : [{ kind: 'rename', container: 'next', name: own } as const]),
    ...(old.isRunning ? [{ kind: 'stop', container: 'old' } as const] : []),
    ...(next?.wasStarted ? [] : [{ kind: 'start', container: 'next' } as const]),
    { kind: 'remove', container: 'old' },
  ];
}

/** The remaining steps until the new container runs beside the old one, which has its name still. Pure. */
export function planStartBeside({ own, old, next }: Replacement, networks: NetworkChanges): readonly Step[] {
  if (!old) return next ? [{ kind: 'remove', container: 'next' }] : [];
  return [
    ...(next ? [] : [{ kind: 'create', name: nameOfNext(own, old.id) } as const]),
    ...(next?.wasStarted ? [] : [...changeNetworks(next, networks), { kind: 'start', container: 'next' } as const]),
  ];
}

/**
 * The steps that undo a replacement, so that the old container runs under its own name. While a step can still fail, one of the two
 * containers has a name of Drover, so that the next attempt finds them. Pure.
 */
export function planRestoration({ own, old, next, isNameTaken }: Replacement): readonly Step[] {
  const remove: readonly Step[] = next ? [{ kind: 'remove', container: 'next' }] : [];
  const start: readonly Step[] = old && !old.isRunning ? [{ kind: 'start', container: 'old' }] : [];
  const rename: readonly Step[] = old && old.name !== own ? [{ kind: 'rename', container: 'old', name: own }] : [];
  // A container that has taken the name may do the same work, so the old one does not run beside it.
  if (isNameTaken) return [...remove, ...rename, ...start];
  // One that runs instead of the old one may have its ports and addresses.
  return next?.isRunning ? [...remove, ...start, ...rename] : [...start, ...remove, ...rename];
}

/** Whether the old container was stopped, or may be about to stop, and the new one only has to be started. Pure. */
export function isHandedOver({ own, old, next }: Replacement): boolean {
  return old !== null && next !== null && next.name === own;
}

/** Whether the new container runs in place of the old one, so that only the old one remains to be removed. */
export function isReplaced({ own, next }: Replacement): boolean {
  return next !== null && next.name === own && next.wasStarted;
}

export function formatStep(step: Step): string {
  switch (step.kind) {
    case 'create':
      return `create the new container as ${step.name}`;
    case 'connect':
      return `connect the new container to network ${step.network}`;
    case 'disconnect':
      return `disconnect the new container from network ${step.network}`;
    case 'rename':
      return `rename ${TITLES[step.container]} to ${step.name}`;
    default:
      return `${step.kind} ${TITLES[step.container]}`;
  }
}

const TITLES = { old: 'the old container', next: 'the new container' } as const;

function changeNetworks(next: ObservedContainer | null, { connect, disconnect }: NetworkChanges): readonly Step[] {
  const isOn = (network: string): boolean => next?.networks.includes(network) ?? false;
  return [
    ...disconnect
      .filter((network) => !next || isOn(network))
      .map((network) => ({ kind: 'disconnect', network }) as const),
    ...connect.filter((network) => !isOn(network)).map((network) => ({ kind: 'connect', network }) as const),
  ];
}
