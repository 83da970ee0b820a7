import type { Clock, Log } from '../../system/index.ts';
import type { BusStatus } from '../bus.ts';

/** Whether Consul answers, in one place: the status, one log line a change, and a nudge to whoever waits on an old connection. */
export interface Contact {
  succeeded(): void;
  failed(problem: string): void;
  /** Something Consul's answers say is wrong although it answers; null: not any more. */
  complain(problem: string | null): void;
  status(): BusStatus;
  /** Aborted (and replaced) at the moment Consul answers again after a failure. */
  returned(): AbortSignal;
}

export function createContact({ clock, log }: { readonly clock: Clock; readonly log: Log }): Contact {
  let problem: string | null = 'Consul was not asked yet';
  let asked = false;
  let complaint: string | null = null;
  let lastContactMs: number | null = null;
  let back = new AbortController();
  return {
    succeeded: () => {
      lastContactMs = clock.now();
      if (problem === null) return;
      const again = asked;
      problem = null;
      asked = true;
      log.info({}, again ? 'Consul answers again' : 'Consul answers');
      back.abort(new Error('Consul answers again'));
      back = new AbortController();
    },
    failed: (next) => {
      if (problem === null || !asked) log.warn({ problem: next }, 'Consul does not answer; what is known stays');
      asked = true;
      problem = next;
    },
    complain: (next) => {
      if (next !== null && complaint === null) log.warn({ problem: next }, 'Consul answers, but not as it should');
      if (next === null && complaint !== null) log.info({}, 'Consul answers as it should again');
      complaint = next;
    },
    status: () => {
      const wrong = problem ?? complaint;
      return { driver: 'consul', connected: wrong === null, problem: wrong, lastContactMs };
    },
    returned: () => back.signal,
  };
}
