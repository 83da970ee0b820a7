import type { Problem } from '../../model/index.ts';
import { childrenOf } from './children-of.ts';

/** The master process of HAProxy, as the agent keeps it: it goes on when the agent ends. */
export interface LbProcess {
  /** Adopts or starts it, and keeps it running until `signal` aborts; it runs on after that. */
  run(signal: AbortSignal): Promise<void>;
  /** Stops it; while `run` runs, it is started again. */
  stop(): Promise<void>;
  pid(): number | null;
  /** How it exited the last time without being stopped. */
  lastEnd(): Problem | null;
}

/** HAProxy, kept running while there is something to balance. */
export class Keeper {
  readonly #process;
  #end: AbortController | null = null;
  #life: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(process: LbProcess) {
    this.#process = process;
  }

  get isKept(): boolean {
    return this.#end !== null;
  }

  /** Why it does not run. */
  problem(): Problem | null {
    return this.isKept && this.#process.pid() === null ? this.#process.lastEnd() : null;
  }

  keep(): void {
    if (this.#end !== null || this.#isClosed) return;
    this.#end = new AbortController();
    this.#life = this.#process.run(this.#end.signal);
  }

  /** Stops it for good. */
  async stop(): Promise<void> {
    await this.#leave();
    await this.#process.stop();
  }

  /** Keeps it no longer; it runs on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#leave();
  }

  async #leave(): Promise<void> {
    this.#end?.abort();
    await this.#life;
    this.#end = null;
  }

  /** Replaces a HAProxy that does not reply. Its workers would go on, frozen, with a part of the new connections. */
  async replace(): Promise<void> {
    const pid = this.#process.pid();
    if (pid !== null) for (const worker of await childrenOf(pid)) kill(worker);
    await this.#process.stop();
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just exited.
  }
}
