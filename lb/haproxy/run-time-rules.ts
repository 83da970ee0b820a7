import { keepIdentical } from '../../reconcile/index.ts';
import { NAMES } from '../render/index.ts';
import type { Accepted } from './candidates.ts';
import { LiveMaps, type LiveMapsDependencies } from './live-maps.ts';
import { isPlaced, type MapChange, type Placement, placeBackends, type RunningMaps } from './place-backends.ts';
import type { PlannedConfig } from './plan.ts';
import { backendRows, type StatRow } from './stat.ts';
import { whileWaiting } from './while-waiting.ts';

/** The newest configuration that HAProxy takes, and the newest with the structure of the running one. */
export interface Configurations {
  readonly accepted: Accepted | null;
  readonly inForce: Accepted | null;
}

/** The rules that come and go while HAProxy runs. */
export class RunTimeRules {
  /** Plan and status ask for the same. */
  readonly place = keepIdentical(placeBackends);
  readonly #whileWaiting = keepIdentical(whileWaiting);
  readonly #maps;

  constructor(deps: LiveMapsDependencies) {
    this.#maps = new LiveMaps(deps);
  }

  observe(worker: number): Promise<RunningMaps> {
    return this.#maps.observe(worker);
  }

  apply(changes: readonly MapChange[]): Promise<void> {
    return this.#maps.apply(changes);
  }

  /** What can be in force without a reload. */
  planned({ accepted, inForce }: Configurations): PlannedConfig | null {
    if (inForce === null || accepted === null || accepted === inForce) return inForce?.config ?? null;
    return this.#whileWaiting(inForce.config, accepted.config);
  }

  /** Whether HAProxy has all rules of the newest configuration. */
  areInForce(configs: Configurations): boolean {
    const placement = this.#placement(configs);
    return placement !== null && configs.accepted === configs.inForce && isPlaced(placement);
  }

  /** Statistics by backend. */
  backendRows(rows: readonly StatRow[], configs: Configurations): readonly StatRow[] {
    const names = this.#maps.current.get(NAMES) ?? new Map();
    return backendRows(rows, names, this.#placement(configs)?.sections ?? new Map());
  }

  #placement(configs: Configurations): Placement | null {
    const config = this.planned(configs);
    return config && this.place(config, this.#maps.current);
  }
}
