import type { PlannedConfig } from './plan.ts';

type Rules = ReadonlyMap<string, string>;

/**
 * The configuration in force with the rules of a newer one that need no reload: they must not wait for those that do. A host gets its rules together,
 * because a request must not get the backend of a shorter path. A rule goes if the newer one has it nowhere. Pure.
 */
export function whileWaiting(inForce: PlannedConfig, newest: PlannedConfig): PlannedConfig {
  const backends = new Map(inForce.backends);
  const rules = new Map<string, Rules>();
  const newestRules = new Set([...newest.backends.values()].map(({ rule }) => rule));
  const isGone = (backend: string): boolean => !newestRules.has(inForce.backends.get(backend)?.rule ?? '');
  for (const [map, running] of inForce.rules) {
    const wanted = newest.rules.get(map) ?? NO_RULES;
    const waits = new Set(
      [...wanted]
        .filter(([key, backend]) => running.get(key) !== backend && !isMovable(backend, inForce, newest))
        .map(([key]) => hostOf(key)),
    );
    const ready = [...wanted].filter(([key]) => !waits.has(hostOf(key)));
    for (const [, backend] of ready) {
      const rendered = newest.backends.get(backend);
      if (rendered && !backends.has(backend)) backends.set(backend, rendered);
    }
    const kept = [...running].filter(([key, backend]) => waits.has(hostOf(key)) || !isGone(backend));
    rules.set(map, new Map([...kept, ...ready]));
  }
  return { structure: inForce.structure, backends, rules };
}

const NO_RULES: Rules = new Map();

const hostOf = (key: string): string => key.split('/', 1)[0] ?? key;

/** Whether the backend can come at run time. One that is in force stays as it is until the reload. */
function isMovable(backend: string, inForce: PlannedConfig, newest: PlannedConfig): boolean {
  const rendered = newest.backends.get(backend);
  const before = inForce.backends.get(backend);
  return rendered !== undefined && rendered.spares.length > 0 && (before?.entry ?? rendered.entry) === rendered.entry;
}
