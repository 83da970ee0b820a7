import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConsulApi, Entry, Operation } from './api.ts';
import { bump, type PublicationTarget } from './publication.ts';

export interface SessionChoice {
  readonly hostId: string;
  readonly ttlSeconds: number;
  readonly sessionFile: string | undefined;
  /** Sessions that other leases of this process live on. */
  readonly taken: ReadonlySet<string>;
}

/** The session of the run before if Consul still has it, else a new one. */
export async function sessionFor(api: ConsulApi, choice: SessionChoice): Promise<string> {
  const { hostId, ttlSeconds, sessionFile, taken } = choice;
  const saved = sessionFile ? await readSession(sessionFile, hostId) : null;
  if (saved && !taken.has(saved) && (await api.renewSession(saved))) return saved;
  return api.createSession(sessionName(hostId), ttlSeconds);
}

/** Locks the notice as it stands. The earlier incarnation's session ends; one that only vouched for us does not. */
export async function takeNotice(api: ConsulApi, key: string, hostId: string, session: string): Promise<void> {
  for (;;) {
    const { entry } = await api.get(key, { consistent: true });
    if (!entry || entry.session === session) return;
    const { value, modifyIndex } = entry;
    const outcome = await api.transact([
      { verb: 'check-index', key, index: modifyIndex },
      ...(entry.session ? [{ verb: 'unlock' as const, key, value, session: entry.session }] : []),
      { verb: 'lock', key, value, session },
    ]);
    if (!outcome.ok) continue;
    if (entry.session && (await api.sessionName(entry.session)) === sessionName(hostId))
      await api.destroySession(entry.session);
    return;
  }
}

/** Everything of the host goes. `unlock` is refused, and all with it, when the place is not ours any more. */
export function withdrawal({ value }: Entry, target: PublicationTarget): readonly Operation[] {
  const { noticeKey, groupKey, factsPrefix, session } = target;
  return [
    { verb: 'unlock', key: noticeKey, value, session },
    { verb: 'delete', key: noticeKey },
    { verb: 'delete-tree', key: factsPrefix },
    bump(groupKey),
  ];
}

export async function saveSession(file: string, hostId: string, session: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ hostId, session }), { mode: 0o600 });
}

async function readSession(file: string, hostId: string): Promise<string | null> {
  try {
    const saved = JSON.parse(await readFile(file, 'utf8')) as { hostId?: unknown; session?: unknown } | null;
    return saved?.hostId === hostId && typeof saved.session === 'string' ? saved.session : null;
  } catch {
    return null;
  }
}

function sessionName(hostId: string): string {
  return `drover host ${hostId}`;
}
