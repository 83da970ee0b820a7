import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConsulApi } from '../wire/api.ts';

export interface SessionChoice {
  readonly hostId: string;
  readonly ttlSeconds: number;
  readonly sessionFile: string | undefined;
  /** Sessions that hold other leases of this process. */
  readonly taken: ReadonlySet<string>;
}

/** The session of the previous run if Consul still has it, else a new one. */
export async function sessionFor(api: ConsulApi, choice: SessionChoice): Promise<string> {
  const { hostId, ttlSeconds, sessionFile, taken } = choice;
  const saved = sessionFile ? await readSession(sessionFile, hostId) : null;
  if (saved && !taken.has(saved) && (await api.renewSession(saved))) return saved;
  return api.createSession(sessionName(hostId), ttlSeconds);
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

export function sessionName(hostId: string): string {
  return `drover host ${hostId}`;
}
