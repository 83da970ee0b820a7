import type { Container } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';
import { type HostView, identify, isLocalAddress } from '../../view/index.ts';

export interface RecognitionDependencies {
  readonly view: () => HostView;
  /** Looks once whether a container has the address now; the view follows. */
  readonly identify: (address: string) => Promise<boolean>;
  readonly clock: Clock;
}

/**
 * Who asks. A container's first instruction may ask before its start event was worked off: an unknown address in a network
 * of this host is waited for, once for all that ask meanwhile.
 */
export interface Recognition {
  /** At once, or a promise of at most the hold time. Null: not a container of this host. */
  who(address: string): Container | null | Promise<Container | null>;
  /** What is certain now; undefined: only `who` can tell. */
  known(address: string): Container | null | undefined;
}

const MAX_HELD_ADDRESSES = 1_000;
const LOOK_AGAIN_MS = 5;

export function createRecognition(
  { view, identify: inspect, clock }: RecognitionDependencies,
  { holdMs, onHold, signal }: { readonly holdMs: number; readonly onHold: () => void; readonly signal: AbortSignal },
): Recognition {
  const held = new Map<string, Promise<void>>();

  /** Ends when the view knows the address, when the inspection says nobody has it, or when the time is up. */
  const wait = async (address: string): Promise<void> => {
    const over = new AbortController();
    const ended = AbortSignal.any([over.signal, signal]);
    const known = async (): Promise<void> => {
      while (!ended.aborted && identify(view(), address) === null) await clock.sleep(LOOK_AGAIN_MS, ended);
    };
    const inspected = async (): Promise<void> => {
      if (await inspect(address)) await known();
    };
    try {
      await Promise.race([inspected(), known(), clock.sleep(holdMs, ended)]);
    } catch {
      // A failed inspection, or closing: the asker is answered as anybody is.
    } finally {
      over.abort(new Error('the hold is over'));
      held.delete(address);
    }
  };

  const hold = (address: string): Promise<void> => {
    const waiting = held.get(address) ?? wait(address);
    held.set(address, waiting);
    return waiting;
  };

  const known = (address: string): Container | null | undefined => {
    const now = view();
    const container = identify(now, address);
    return container === null && isLocalAddress(now, address) ? undefined : container;
  };

  return {
    known,
    who: (address) => {
      const certain = known(address);
      if (certain !== undefined) return certain;
      if (held.size >= MAX_HELD_ADDRESSES) return null;
      onHold();
      return hold(address).then(() => identify(view(), address));
    },
  };
}
