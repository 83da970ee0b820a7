import type { FactChanges, FactMap } from '../../../facts/index.ts';
import { applyFactChanges } from '../../contract/fact-changes.ts';
import { type PublicationTarget, type Published, planPublication } from '../layout/publication.ts';
import type { ConsulApi, Operation } from '../wire/api.ts';

/** Writes the facts of one host as long as its record belongs to the session. Its calls must not overlap. */
export interface FactWriter {
  /** Rejects if the facts were not written or the outcome is unknown. */
  write(changes: FactChanges): Promise<void>;
  /** Whether Consul surely has what was written last. */
  isCertain(): boolean;
}

export interface FactWriterOptions {
  readonly hostId: string;
  readonly target: PublicationTarget;
  /** Declares the lease lost and throws. */
  readonly lose: (why: string) => never;
}

const DELETES_PER_TRANSACTION = 60;

export function createFactWriter(api: ConsulApi, { hostId, target, lose }: FactWriterOptions): FactWriter {
  let published: Published = { facts: new Map(), tokens: [] };
  /** False after a failed request, whose effect is unknown: the next write checks the record and writes all facts. */
  let certain = false;

  const checkRecord = async (): Promise<void> => {
    const { entry } = await api.get(target.recordKey, { consistent: true });
    if (entry?.session && entry.session !== target.session) lose('another agent with the same host id took it over');
    published = { facts: published.facts, tokens: [] };
  };
  const send = async (facts: FactMap): Promise<void> => {
    const wasCertain = certain;
    if (!certain) await checkRecord();
    certain = false;
    const plan = planPublication(published, facts, target);
    for (const operations of plan.first) await apply(api, operations);
    const outcome = await api.transact(plan.last);
    if (!outcome.ok) {
      if (!(await api.renewSession(target.session))) lose('Consul ended its session');
      await checkRecord();
      throw new Error(`publishing the facts of host ${hostId}: ${outcome.why}; publish again`);
    }
    published = plan.published;
    if (!wasCertain || plan.first.length > 0) await removeOrphans(api, target.factsPrefix, published.tokens);
    certain = true;
  };
  return {
    isCertain: () => certain,
    write: async (changes) => {
      const facts = applyFactChanges(published.facts, structuredClone(changes));
      if (!certain || facts !== published.facts) await send(facts);
    },
  };
}

async function apply(api: ConsulApi, operations: readonly Operation[]): Promise<void> {
  const outcome = await api.transact(operations);
  if (!outcome.ok) throw new Error(`Consul refused facts: ${outcome.why}`);
}

/** Removes buckets that the record does not name: those of an earlier incarnation and of an interrupted publish. */
async function removeOrphans(api: ConsulApi, prefix: string, tokens: readonly (string | null)[]): Promise<void> {
  const present = new Set((await api.keys(prefix)).map((key) => key.slice(prefix.length).split('.')[0] ?? ''));
  const orphans = [...present].filter((token) => !tokens.includes(token));
  for (let at = 0; at < orphans.length; at += DELETES_PER_TRANSACTION) {
    const some = orphans.slice(at, at + DELETES_PER_TRANSACTION);
    await apply(
      api,
      some.map((token) => ({ verb: 'delete-tree', key: prefix + token })),
    );
  }
}
