import { join } from 'node:path';
import { connectVici, type Vici } from '../vici/client.ts';
import { SOCKET_FILE } from './render.ts';
import type { IpsecSettings } from './settings.ts';

/** The connection to the charon that runs now. */
export interface Session {
  /** Connects if there is no connection. Rejects if charon does not listen. */
  vici(signal?: AbortSignal): Promise<Vici>;
  close(): void;
}

export function createSession({ runDir, replyTimeoutMs }: Pick<IpsecSettings, 'runDir' | 'replyTimeoutMs'>): Session {
  let connection: Promise<Vici> | null = null;
  const forget = (ended: Promise<Vici>) => {
    if (connection === ended) connection = null;
  };
  return {
    vici: (signal) => {
      if (connection) return connection;
      const made = connectVici(join(runDir, SOCKET_FILE), { timeoutMs: replyTimeoutMs, ...(signal ? { signal } : {}) });
      connection = made;
      made.then(
        ({ closed }) => closed.then(() => forget(made)),
        () => forget(made),
      );
      return made;
    },
    close: () => {
      connection?.then(
        (vici) => vici.close(),
        () => {},
      );
      connection = null;
    },
  };
}
