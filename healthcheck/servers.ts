import type { Problem, Result } from '../model/index.ts';
import type { Log } from '../system/index.ts';
import type { Backend } from './haproxy/backend.ts';
import { type Server, serverFor } from './haproxy/server.ts';
import type { Target } from './opinion/target.ts';

/** The servers that HAProxy should have for the targets, and the targets that it cannot check. */
export class Servers {
  /** By name. */
  byName: ReadonlyMap<string, Server> = new Map();
  targetCount = 0;
  #containers = new Map<string, string>();
  #known = new WeakMap<Target, Result<Server>>();
  #invalid: readonly Problem[] = [];
  #refused = new Map<string, Problem>();

  /** Gives the targets that can be checked, by container. Of two starts of a container, the later one counts. */
  setTargets(targets: readonly Target[]): ReadonlyMap<string, Target> {
    const newest = new Map<string, Target>();
    for (const target of targets) {
      const other = newest.get(target.containerId);
      if (other === undefined || other.startedAtMs < target.startedAtMs) newest.set(target.containerId, target);
    }
    const byName = new Map<string, Server>();
    const invalid: Problem[] = [];
    this.#containers = new Map();
    for (const [id, target] of newest) {
      const server = this.#serverFor(target);
      if (server.ok) {
        byName.set(server.value.name, server.value);
        this.#containers.set(server.value.name, id);
      } else {
        invalid.push(server.problem);
        newest.delete(id);
      }
    }
    this.byName = byName;
    this.#invalid = invalid;
    this.targetCount = newest.size;
    return newest;
  }

  /** Empty text for a server that is not wanted any more. */
  containerOf(name: string): string {
    return this.#containers.get(name) ?? '';
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
