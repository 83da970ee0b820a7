import type { Container } from '../model/index.ts';
import type { Clock } from '../system/index.ts';
import { type HostView, identify, isLocalAddress } from '../view/index.ts';

export interface RecognitionDependencies {
  /** The newest view; called for each request. */
  readonly view: () => HostView;
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
const CHECK_AGAIN_MS = 5;

export function createRecognition(
  { view, identify: inspect, clock }: RecognitionDependencies,
  { holdMs, onHold, signal }: RecognitionOptions,
): Recognition {
  const held = new Map<string, Promise<void>>();

  /** Ends when the view has the address, when the inspection finds no container, or after the hold time. */
  const wait = async (address: string): Promise<void> => {
    const over = new AbortController();
    const ended = AbortSignal.any([over.signal, ...(signal ? [signal] : [])]);
    const known = async (): Promise<void> => {
      while (!ended.aborted && identify(view(), address) === null) await clock.sleep(CHECK_AGAIN_MS, ended);
    };
    const inspected = async (): Promise<void> => {
      if (await inspect(address)) await known();
    };
    try {
      await Promise.race([inspected(), known(), clock.sleep(holdMs, ended)]);
    } catch {
      // A failed inspection, or closing: the request is answered as one of no container.
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
      onHold?.();
      return hold(address).then(() => identify(view(), address));
    },
  };
}
