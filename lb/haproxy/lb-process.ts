import { KeptProgram, type Program } from '../../linux/index.ts';
import { childrenOf } from './children-of.ts';

/** The master process of HAProxy, as the agent keeps it: it goes on when the agent ends. */
export type LbProcess = Program;

/** HAProxy, kept running while there is something to balance. */
export class Keeper extends KeptProgram {
  /** Replaces a HAProxy that does not reply. Its workers would go on, frozen, with a part of the new connections. */
  async replace(): Promise<void> {
    const pid = this.program.pid();
    if (pid !== null) for (const worker of await childrenOf(pid)) kill(worker);
    await this.program.stop();
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just exited.
  }
}
