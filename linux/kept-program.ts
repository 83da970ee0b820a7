import type { Problem } from '../model/index.ts';

/** A program as the agent runs it: the program goes on when the agent ends. */
export interface Program {
  /** Adopts or starts it, and keeps it running until `signal` aborts; it runs on after that. */
  run(signal: AbortSignal): Promise<void>;
  /** Stops it; while `run` runs, it is started again. */
  stop(): Promise<void>;
  pid(): number | null;
  /** How it exited the last time without being stopped. */
  lastEnd(): Problem | null;
}

/** A program that is kept running while a component needs it. */
export class KeptProgram {
  protected readonly program: Program;
  #end: AbortController | null = null;
  #life: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(program: Program) {
    this.program = program;
  }

  get isKept(): boolean {
    return this.#end !== null;
  }

  /** Why it does not run. */
  problem(): Problem | null {
    return this.isKept && this.program.pid() === null ? this.program.lastEnd() : null;
  }

  keep(): void {
    if (this.#end !== null || this.#isClosed) return;
    this.#end = new AbortController();
    this.#life = this.program.run(this.#end.signal);
  }

  /** Stops it for good. */
  async stop(): Promise<void> {
    await this.#leave();
    await this.program.stop();
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
}
