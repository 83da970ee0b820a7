import type { Bus } from '../bus/index.ts';
import type { StateStore } from '../state/index.ts';
import type { Clock } from '../system/index.ts';
import type { ApplyOutcome, ApplyRequest } from './apply-request.ts';
import type { Part } from './parts.ts';

/** Brings declarations onto the bus. */
export interface Apply {
  apply(request: ApplyRequest): Promise<ApplyOutcome>;
  /** Keeps what stands in a directory applied. */
  directoryPart(directory: string, clock: Clock): Part;
}

export function createApply(_deps: { readonly bus: Bus; readonly store: Pick<StateStore, 'picture'> }): Apply {
  return {
    apply: () => Promise.reject(new Error('manifests cannot be read yet')),
    directoryPart: () => async () => {},
  };
}
