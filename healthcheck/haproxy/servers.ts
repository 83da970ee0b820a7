import type { Problem, Result } from '../../model/index.ts';
import type { Log } from '../../system/index.ts';
import type { Target } from '../opinion/target.ts';
import type { Backend } from './backend.ts';
import { type Server, serverFor } from './server.ts';

/** The servers that HAProxy should have for the targets, and the targets that it cannot check. */
export class Servers {
  /** By name. */
  byName: ReadonlyMap<string, Server> = new Map();
  /** By name of the server. */
  #targets: ReadonlyMap<string, Target> = new Map();
  #known = new WeakMap<Target, Result<Server>>();
  #invalid: readonly Problem[] = [];
  #refused = new Map<string, Problem>();

  /**
   * Gives the targets that can be checked, by container: the identical object as before if nothing of it has changed. Of two starts of a
   * container, the later one counts.
   */
  setTargets(targets: readonly Target[]): ReadonlyMap<string, Target> {
    const byName = new Map<string, Server>();
    const kept = new Map<string, Target>();
    const byContainer = new Map<string, Target>();
    const invalid: Problem[] = [];
    for (const target of newestOf(targets)) {
      const server = this.#serverFor(target);
      if (!server.ok) {
        invalid.push(server.problem);
        continue;
      }
      const { name } = server.value;
      const same = this.#targets.get(name) ?? target;
      byName.set(name, server.value);
      kept.set(name, same);
      byContainer.set(target.containerId, same);
    }
    this.byName = byName;
    this.#targets = kept;
    this.#invalid = invalid;
    return byContainer;
  }

  /** Empty text for a server that is not wanted any more. */
  containerOf(name: string): string {
    return this.#targets.get(name)?.containerId ?? '';
  }

  backends(): readonly Backend[] {
    return [...new Map([...this.byName.values()].map(({ backend }) => [backend.name, backend])).values()];
  }

  longestCheckMs(): number {
    return this.backends().reduce((longest, { timeoutMs }) => Math.max(longest, timeoutMs), 0);
  }

  setRefused(replies: ReadonlyMap<string, string>, log: Log): void {
    for (const [name, reply] of replies) {
      const subject = `health check of container ${this.containerOf(name).slice(0, 12)}`;
      const problem = { subject, what: `HAProxy refuses the check: ${reply}`, hint: 'report this as a bug' };
      if (!this.#refused.has(name)) log.error({ problem }, 'a health check cannot run');
      this.#refused.set(name, problem);
    }
  }

  problems(): readonly Problem[] {
    const refused = [...this.#refused].filter(([name]) => this.byName.has(name)).map(([, problem]) => problem);
    return [...this.#invalid, ...refused];
  }

  #serverFor(target: Target): Result<Server> {
    const known = this.#known.get(target) ?? serverFor(target);
    this.#known.set(target, known);
    return known;
  }
}

function newestOf(targets: readonly Target[]): Iterable<Target> {
  const newest = new Map<string, Target>();
  for (const target of targets) {
    const other = newest.get(target.containerId);
    if (other === undefined || other.startedAtMs < target.startedAtMs) newest.set(target.containerId, target);
  }
  return newest.values();
}
