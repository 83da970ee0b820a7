import type { Container } from '../model/index.ts';
import type { Clock } from '../system/index.ts';
import { type HostView, identify, isLocalAddress } from '../view/index.ts';

export interface RecognitionDependencies {
  /** The newest view; called for each request. */
  readonly view: () => HostView;
  /** Calls the listener after each change of the view. Returns a function that removes the listener. */
  readonly onViewChange: (listener: () => void) => () => void;
  /** Asks the agent once for the container with an address. True: the view has it, or will in a moment. May hang. */
  readonly identify: (address: string) => Promise<boolean>;
  readonly clock: Clock;
}

export interface RecognitionOptions {
  /** How long a request from an unknown local address waits at most. */
  readonly holdMs: number;
  /** Called for each request that waits. */
  readonly onHold?: () => void;
  /** Ends all waits. */
  readonly signal?: AbortSignal;
}

/**
 * Which container sent a request, by its source address. A container may send a request before its start event is processed:
 * requests from an unknown address in a network of this host wait, and all of one address share one inspection.
 */
export interface Recognition {
  /** At once, or a promise of at most the hold time. Null: not a container of this host. */
  who(address: string): Container | null | Promise<Container | null>;
  /** The container, null if certainly none, undefined if only `who` can tell. */
  known(address: string): Container | null | undefined;
}

const MAX_HELD_ADDRESSES = 1_000;

export function createRecognition(
  { view, onViewChange, identify: inspect, clock }: RecognitionDependencies,
  { holdMs, onHold, signal }: RecognitionOptions,
): Recognition {
  const held = new Map<string, Promise<void>>();

  const known = (address: string): Container | null | undefined => {
    const now = view();
    const container = identify(now, address);
    return container === null && isLocalAddress(now, address) ? undefined : container;
  };

  /** Ends when the view has the address, when the inspection finds no container, or after the hold time. */
  const wait = async (address: string): Promise<void> => {
    const over = new AbortController();
    const check = (): void => {
      if (known(address) !== undefined) over.abort();
    };
    const unsubscribe = onViewChange(check);
    // A failed inspection: the request is answered as one of no container.
    inspect(address).then(
      (found) => (found ? check() : over.abort()),
      () => over.abort(),
    );
    await clock.sleep(holdMs, AbortSignal.any([over.signal, ...(signal ? [signal] : [])])).catch(() => {});
    unsubscribe();
    held.delete(address);
  };

  const hold = (address: string): Promise<void> => {
    const waiting = held.get(address) ?? wait(address);
    held.set(address, waiting);
    return waiting;
  };

  return {
    known,
    who: (address) => {
      const certain = known(address);
      if (certain !== undefined) return certain;
      if (held.size >= MAX_HELD_ADDRESSES) return null;
      onHold?.();
      return hold(address).then(() => identify(view(), address));
    },
  };
}
