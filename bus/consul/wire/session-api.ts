import type Consul from 'consul';
import type { ConsulApi } from './api.ts';
import { isNoSession } from './format.ts';
import type { Request } from './request.ts';

const RENEW_TIMEOUT_MS = 4_000;

/** The requests about sessions. */
export function createSessionApi(
  request: Request,
): Pick<ConsulApi, 'createSession' | 'renewSession' | 'destroySession' | 'sessionName'> {
  const sessionName = (id: string): Promise<string | null> =>
    request('reading the session', async (consul, call) => {
      const answer = await consul.session.info({ id, consistent: true, ...call } as { id: string });
      return (answer as unknown as [unknown, { Name?: string } | undefined])[1]?.Name ?? null;
    });
  const renew = (id: string): Promise<boolean> =>
    request('renewing the session', async (consul, { ctx, timeout }) => {
      try {
        await consul.session.renew({ id, ctx, timeout: Math.min(timeout, RENEW_TIMEOUT_MS) } as { id: string });
        return true;
      } catch (error) {
        if (isNoSession(error)) return false;
        throw error;
      }
    });

  return {
    sessionName,
    createSession: (name, ttlSeconds) =>
      request('creating a session', async (consul, call) => {
        // Without checks, because otherwise the session ends when the server that created it becomes unhealthy.
        const options = { name, ttl: `${ttlSeconds}s`, lockdelay: '0s', behavior: 'release', checks: [], ...call };
        const answer = await consul.session.create(options as SessionOptions);
        const id = (answer as unknown as [unknown, { ID?: unknown }])[1].ID;
        if (typeof id !== 'string') throw new Error('Consul returned no session id');
        return id;
      }),
    renewSession: async (id) => {
      if (await renew(id)) return true;
      // A new leader may deny any session until it has applied its log.
      if ((await sessionName(id)) === null) return false;
      throw new Error('the session exists, but was not renewed');
    },
    destroySession: (id) =>
      request('destroying the session', async (consul, call) => {
        await consul.session.destroy({ id, ...call } as { id: string });
      }),
  };
}

// The types of the package lack the options that all its calls share.
type SessionOptions = NonNullable<Parameters<Consul['session']['create']>[0]>;
