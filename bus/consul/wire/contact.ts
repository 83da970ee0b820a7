import type { Clock, Log } from '../../../system/index.ts';
import type { BusStatus } from '../../contract/bus.ts';

/** Whether Consul responds: the bus status, and one log line for each change of it. */
export interface Contact {
  succeeded(): void;
  failed(problem: string): void;
  /** Reports that Consul responds but its content is wrong; null: it is right again. */
  setContentProblem(problem: string | null): void;
  status(): BusStatus;
  /** Aborts when Consul responds again after a failure, so that a request on a dead connection ends. Then replaced. */
  recovered(): AbortSignal;
}

export function createContact({ clock, log }: { readonly clock: Clock; readonly log: Log }): Contact {
  let problem: string | null = 'no request to Consul has finished yet';
  let contacted = false;
  let contentProblem: string | null = null;
  let lastContactMs: number | null = null;
  let recovery = new AbortController();
  return {
    succeeded: () => {
      lastContactMs = clock.now();
      if (problem === null) return;
      log.info({}, contacted ? 'Consul responds again' : 'Consul responds');
      problem = null;
      contacted = true;
      recovery.abort(new Error('Consul responds again'));
      recovery = new AbortController();
    },
    failed: (next) => {
      if (problem === null || !contacted)
        log.warn({ problem: next }, 'Consul does not respond; Drover keeps the last known state and retries');
      contacted = true;
      problem = next;
    },
    setContentProblem: (next) => {
      if (next !== null && contentProblem === null) log.warn({ problem: next }, 'Consul returned unexpected content');
      if (next === null && contentProblem !== null) log.info({}, 'Consul returns the expected content again');
      contentProblem = next;
    },
    status: () => {
      const current = problem ?? contentProblem;
      return { driver: 'consul', connected: current === null, problem: current, lastContactMs };
    },
    recovered: () => recovery.signal,
  };
}
