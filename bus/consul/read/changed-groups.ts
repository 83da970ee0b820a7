import type { Keys } from '../layout/keys.ts';
import type { ConsulApi } from '../wire/api.ts';
import type { Contact } from '../wire/contact.ts';

/** Finds the groups whose key has changed since they were last read, by one blocking query. */
export interface ChangedGroups {
  /** Blocks until a group key changes; at once after `restart`, `recheck` and the first time. Group -> ModifyIndex. */
  next(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** Whether the group was read before and needs no recheck. If not, read it consistently. */
  isFollowed(group: string): boolean;
  /** The group was read up to this ModifyIndex. */
  wasRead(group: string, modifyIndex: number): void;
  /** Has these groups read again, although their key has not changed. */
  recheck(groups: Iterable<string>): void;
  /** Makes the next query list all groups, because it is unknown which were read. */
  restart(): void;
  /** Whether groups wait for another read. */
  hasRechecks(): boolean;
  /** Whether all groups were listed and read. */
  isComplete(): boolean;
}

export interface ChangedGroupsDependencies {
  readonly api: ConsulApi;
  readonly keys: Keys;
  readonly contact: Contact;
}

const WAIT_MS = 30_000;

export function createChangedGroups({ api, keys, contact }: ChangedGroupsDependencies): ChangedGroups {
  /** Group -> ModifyIndex up to which it was read. */
  const read = new Map<string, number>();
  const rechecks = new Set<string>();
  let index = 0;

  return {
    next: async (signal) => {
      const atOnce = index === 0 || rechecks.size > 0;
      const { index: listedIndex, entries } = await api.list(keys.groups, {
        ...(atOnce ? { consistent: true } : { index, waitMs: WAIT_MS }),
        signal,
      });
      if (listedIndex < index) {
        // Consul was restored from a snapshot or replaced: all known indexes are meaningless.
        index = 0;
        read.clear();
        return new Map();
      }
      index = listedIndex;
      const emptied = entries.length === 0 && read.size > 0;
      contact.setContentProblem(
        emptied ? `no keys left below ${keys.groups}: they were deleted, or the token may not read them` : null,
      );
      if (emptied) return new Map();
      const listed = entries.map(({ key, modifyIndex }) => [key.slice(keys.groups.length), modifyIndex] as const);
      const due = new Map(listed.filter(([name, changed]) => read.get(name) !== changed || rechecks.has(name)));
      for (const name of rechecks) if (!due.has(name)) rechecks.delete(name);
      return due;
    },
    isFollowed: (group) => read.has(group) && !rechecks.has(group),
    wasRead: (group, modifyIndex) => {
      rechecks.delete(group);
      read.set(group, modifyIndex);
    },
    recheck: (groups) => {
      for (const group of groups) rechecks.add(group);
    },
    restart: () => {
      index = 0;
    },
    hasRechecks: () => rechecks.size > 0,
    isComplete: () => index > 0 && rechecks.size === 0,
  };
}
