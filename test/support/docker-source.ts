import Docker from 'dockerode';
import { createHostFacts, type FactMap, type HostFacts } from '../../facts/index.ts';
import type { Container, JsonValue, Network } from '../../model/index.ts';
import { createDockerSource, type DockerSource, type DockerSourceOptions } from '../../sources/docker/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';

/** A change of one fact, as a listener received it. */
export interface Heard {
  /** As `performance.now()`, the same for all facts of one change. */
  readonly at: number;
  readonly key: string;
  readonly value: unknown;
}

/** A running source that records its facts and warnings. */
export interface SourceUnderTest {
  readonly source: DockerSource;
  readonly facts: HostFacts;
  readonly heard: readonly Heard[];
  /** Warnings and errors it logged: constant messages. */
  readonly warnings: readonly string[];
  containers(): readonly Container[];
  networks(): readonly Network[];
  /** The container of this name; throws if there is none. */
  container(name: string): Container;
  /** Waits until the container of this name satisfies `expected`; returns it. */
  until(name: string, what: string, expected: (container: Container) => boolean): Promise<Container>;
  untilGone(name: string): Promise<void>;
  /** Waits for a comparison with Docker's list that began after this call. */
  nextSync(timeoutMs?: number): Promise<void>;
  /** Ends `run`; idempotent. */
  stop(): Promise<void>;
}

export function startDockerSource(
  resources: Resources,
  socketPath: string,
  { initialFacts, ...options }: Partial<DockerSourceOptions> & { readonly initialFacts?: FactMap } = {},
): SourceUnderTest {
  const warnings: string[] = [];
  const log = createLog('test', { level: 'silent', format: 'json' });
  const warn = ((...[, message]: [unknown, string]) => void warnings.push(message)) as typeof log.warn;
  const facts = createHostFacts({ log });
  const machine = facts.part(['host']);
  const source = createDockerSource(
    {
      docker: new Docker({ socketPath }),
      clock: systemClock,
      log: { ...quiet(log), warn, error: warn },
      facts: facts.part(['container/', 'network/'], initialFacts),
      setHost: (fields) => machine.set('host', fields as JsonValue),
    },
    {
      hostId: 'host-a',
      managedNetworkName: 'drover',
      resyncIntervalMs: 30_000,
      ourResolver: '169.254.169.250',
      ...options,
    },
  );
  const heard: Heard[] = [];
  facts.onChange((changes) => {
    const at = performance.now();
    for (const [key, value] of changes) heard.push({ at, key, value });
  });
  const end = new AbortController();
  const running = source.run(end.signal);
  const stop = async (): Promise<void> => {
    end.abort();
    await running;
  };
  resources.add('Docker source', stop);

  const find = (name: string) => containersIn(facts.facts()).find((container) => container.name === name);
  const seen = () => JSON.stringify({ containers: containersIn(facts.facts()), status: source.status() });
  const wait = (what: string, attempt: () => boolean | Container | undefined) =>
    poll(attempt, { what, intervalMs: 5, timeoutMs: 20_000 }).catch((error: Error) => {
      throw new Error(`${error.message}; it knows ${seen()}`);
    });
  return {
    source,
    facts,
    heard,
    warnings,
    containers: () => containersIn(facts.facts()),
    networks: () => factsOf<Network>(facts.facts(), 'network/'),
    container: (name) => {
      const container = find(name);
      if (!container) throw new Error(`there is no container ${name} in ${seen()}`);
      return container;
    },
    until: async (name, what, expected) =>
      (await wait(`${name}: ${what}`, () => {
        const container = find(name);
        return container && expected(container) ? container : undefined;
      })) as Container,
    untilGone: async (name) => void (await wait(`${name} to go`, () => find(name) === undefined)),
    nextSync: async (timeoutMs = 20_000) => {
      const before = Date.now();
      await poll(() => (source.status().lastSyncMs ?? 0) > before, { what: 'a comparison with the list', timeoutMs });
    },
    stop,
  };
}

export function addressesOf(container: Container): readonly (string | null)[] {
  return container.addresses.map(({ ipv4 }) => ipv4);
}

function containersIn(facts: FactMap): readonly Container[] {
  return factsOf<Container>(facts, 'container/');
}

function factsOf<T>(facts: FactMap, prefix: string): readonly T[] {
  return [...facts].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value as unknown as T);
}

function quiet(log: ReturnType<typeof createLog>) {
  return {
    debug: log.debug.bind(log),
    info: log.info.bind(log),
    warn: log.warn.bind(log),
    error: log.error.bind(log),
    child: log.child.bind(log),
  };
}
