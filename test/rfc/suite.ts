import { afterAll, beforeAll, describe, test } from 'vitest';
import { createResources, type Resources } from '../support/resources.ts';
import { chosenTargets, TARGETS } from './servers/index.ts';
import { ADDRESSES, type Feature, freePort, type Target } from './servers/target.ts';
import { startUpstream } from './servers/upstream.ts';
import { createSubject, type Subject } from './subject.ts';

/**
 * The role that a test is about: answering own names, or forwarding. Every server here has both roles; a server with only one
 * of them is tested in that role.
 */
export type Role = 'authoritative' | 'forwarder' | 'both';

export interface CheckOptions {
  readonly role: Role;
  readonly needs?: readonly Feature[];
  /**
   * Server -> why it deliberately deviates. The test runs there too and must fail, so that outdated reasons are
   * noticed.
   */
  readonly differs?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** One rule of the RFC, tested over the wire. */
export type Check = (
  section: string,
  title: string,
  options: CheckOptions,
  body: (on: Subject) => Promise<void>,
) => void;

/** The data of the results page. */
export interface Verdict {
  readonly rfc: string;
  readonly section: string;
  readonly title: string;
  readonly role: Role;
  readonly target: string;
  readonly differs: string | null;
  /** Server -> why the test does not apply to it. */
  readonly absent: Readonly<Record<string, string>>;
}

declare module 'vitest' {
  interface TaskMeta {
    rfc?: Verdict;
  }
}

interface Registered extends CheckOptions {
  readonly section: string;
  readonly title: string;
  readonly body: (on: Subject) => Promise<void>;
}

export interface SuiteOptions {
  /** Whether tests may run in parallel: for tests that wait. */
  readonly together?: boolean;
}

/** The tests of an RFC, against every chosen server. */
export function describeRfc(
  rfc: string,
  define: (check: Check) => void,
  { together = false }: SuiteOptions = {},
): void {
  const checks: Registered[] = [];
  define((section, title, options, body) => void checks.push({ section, title, body, ...options }));
  const targets = chosenTargets();
  const group = together ? describe.concurrent : describe;
  group(rfc, () => {
    const resources = createResources();
    const subjects = new Map<Target, Subject>();
    beforeAll(async () => {
      const started = await Promise.allSettled(
        targets.map(async (target) => subjects.set(target, await start(resources, target))),
      );
      for (const one of started) if (one.status === 'rejected') throw one.reason;
    });
    afterAll(async () => {
      await resources.close();
      for (const line of targets.flatMap((target) => notApplicable(rfc, target, checks))) console.info(line);
    });
    for (const target of targets) describeTarget({ rfc, target, checks, together }, () => subjects.get(target));
  });
}

interface Group {
  readonly rfc: string;
  readonly target: Target;
  readonly checks: readonly Registered[];
  readonly together: boolean;
}

function describeTarget({ rfc, target, checks, together }: Group, subjectOf: () => Subject | undefined): void {
  describe(target.title, () => {
    for (const check of checks) {
      if (lackOf(target, check) !== null) continue;
      const differs = check.differs?.[target.name] ?? null;
      const title = `${check.section} ${check.title}${differs ? ` (differs: ${differs})` : ''}`;
      test(title, { timeout: check.timeoutMs ?? 20_000 }, async ({ task }) => {
        task.meta.rfc = verdictOf(rfc, target, check);
        const subject = subjectOf();
        if (!subject) throw new Error(`${target.title} was not started`);
        if (differs) return expectDifference(check, subject);
        await check.body(subject);
        // Twice: the second answer may come from a cache.
        if (check.role === 'authoritative' && !together) await check.body(subject);
      });
    }
  });
}

async function start(resources: Resources, target: Target): Promise<Subject> {
  const upstream = await startUpstream(resources, await freePort());
  const port = await freePort();
  const at = ADDRESSES.map((address) => ({ address, port }));
  await target.start(resources, { at, upstreamPort: upstream.port });
  return createSubject(at, upstream);
}

async function expectDifference(check: Registered, subject: Subject): Promise<void> {
  const failure = await check.body(subject).then(
    () => null,
    (error: unknown) => error,
  );
  if (failure === null) throw new Error('it passes now: take the stated difference away');
}

function verdictOf(rfc: string, target: Target, check: Registered): Verdict {
  const absent = TARGETS.flatMap((one) => {
    const lack = lackOf(one, check);
    return lack === null ? [] : [[one.name, lack] as const];
  });
  const { section, title, role, differs } = check;
  return {
    rfc,
    section,
    title,
    role,
    target: target.name,
    differs: differs?.[target.name] ?? null,
    absent: Object.fromEntries(absent),
  };
}

/** The number of skipped tests for each reason. */
function notApplicable(rfc: string, target: Target, checks: readonly Registered[]): readonly string[] {
  const lacks = checks.flatMap((check) => lackOf(target, check) ?? []);
  return [...Map.groupBy(lacks, (lack) => lack)].map(
    ([lack, { length }]) => `${rfc}: ${length} tests do not apply to ${target.title}: ${lack}`,
  );
}

function lackOf(target: Target, { needs = [] }: Registered): string | null {
  return needs.map((feature) => target.lacks[feature]).find((lack) => lack !== undefined) ?? null;
}
