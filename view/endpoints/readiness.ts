import type { Container } from '../../model/index.ts';

/** The rows of READINESS. The state and health of a container alone decide on its row. */
export type Standing =
  | 'ready'
  | 'unchecked'
  | 'initializing'
  | 'failing'
  | 'unhealthy'
  | 'draining'
  | 'paused'
  | 'down';

/**
 * The columns of READINESS. In DNS: `dns` is the name of a service, `all` is `all.<service>`, and the name of a service for its own
 * members or with `answers: started`, `name` is the container's own name.
 */
export type Consumer = 'dns' | 'all' | 'name' | 'metadata' | 'lb' | 'virtual' | 'external';

/**
 * `use`: given out. `fallback`: given out while no endpoint of the service is `use`. `last`: given out while none is `use` or
 * `fallback`, if it was ready and the service has another started container, so that a replacement that is not ready yet leaves no
 * gap. `drain`: existing connections continue, no new ones. `list`: listed with its state. `leave`: left out.
 */
export type Treatment = 'use' | 'fallback' | 'last' | 'drain' | 'list' | 'leave';

export interface ReadinessRow extends Readonly<Record<Consumer, Treatment>> {
  /** When a container is in this row, for operators. */
  readonly when: string;
}

/** The one definition of ready. docs/dns.md shows this table. */
export const READINESS: Readonly<Record<Standing, ReadinessRow>> = {
  ready: {
    when: 'starting or running; healthy, or no check is declared',
    dns: 'use',
    all: 'use',
    name: 'use',
    metadata: 'list',
    lb: 'use',
    virtual: 'use',
    external: 'use',
  },
  unchecked: {
    when: 'running; a check is declared, but no checker has reported yet',
    dns: 'use',
    all: 'use',
    name: 'use',
    metadata: 'list',
    lb: 'use',
    virtual: 'use',
    external: 'use',
  },
  initializing: {
    when: 'starting or running; its check has not passed since the start',
    dns: 'leave',
    all: 'use',
    name: 'use',
    metadata: 'list',
    lb: 'leave',
    virtual: 'leave',
    external: 'leave',
  },
  failing: {
    when: 'starting or running; was ready since its start, its check fails now',
    dns: 'fallback',
    all: 'use',
    name: 'use',
    metadata: 'list',
    lb: 'fallback',
    virtual: 'fallback',
    external: 'fallback',
  },
  unhealthy: {
    when: 'starting or running; its check fails and it was never ready',
    dns: 'leave',
    all: 'use',
    name: 'use',
    metadata: 'list',
    lb: 'leave',
    virtual: 'leave',
    external: 'leave',
  },
  draining: {
    when: 'stopping: it was sent its stop signal',
    dns: 'last',
    all: 'last',
    name: 'leave',
    metadata: 'list',
    lb: 'drain',
    virtual: 'drain',
    external: 'leave',
  },
  paused: {
    when: 'paused by its operator',
    dns: 'leave',
    all: 'leave',
    name: 'use',
    metadata: 'list',
    lb: 'leave',
    virtual: 'leave',
    external: 'leave',
  },
  down: {
    when: 'created, restarting or stopped',
    dns: 'leave',
    all: 'leave',
    name: 'leave',
    metadata: 'list',
    lb: 'leave',
    virtual: 'leave',
    external: 'leave',
  },
};

/** The row of a container. A declared check without a checker must not make the service disappear: see `unchecked`. */
export function standingOf(
  container: Pick<Container, 'state' | 'health' | 'wasReady'>,
  checkDeclared: boolean,
): Standing {
  switch (container.state) {
    case 'created':
    case 'restarting':
    case 'stopped':
      return 'down';
    case 'stopping':
      return 'draining';
    case 'paused':
      return 'paused';
    case 'starting':
      // Whether it has a checker shows when it runs.
      return container.health === null && checkDeclared ? 'initializing' : healthStanding(container, checkDeclared);
    case 'running':
      return healthStanding(container, checkDeclared);
  }
}

function healthStanding(
  { health, wasReady }: Pick<Container, 'health' | 'wasReady'>,
  checkDeclared: boolean,
): Standing {
  switch (health) {
    case null:
      return checkDeclared ? 'unchecked' : 'ready';
    case 'healthy':
    case 'updating-healthy':
      return 'ready';
    case 'initializing':
    case 'reinitializing':
      return 'initializing';
    case 'unhealthy':
    case 'updating-unhealthy':
      return wasReady ? 'failing' : 'unhealthy';
  }
}
