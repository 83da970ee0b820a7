import type { DockerApi } from './api.ts';

/** The current connection to Docker, for objects that live longer than a connection. */
export interface SessionHolder {
  /** Throws while there is no connection. */
  current(): { readonly api: DockerApi; readonly signal: AbortSignal };
  connected(): boolean;
  set(session: { readonly api: DockerApi; readonly signal: AbortSignal } | null): void;
}

export function createSessionHolder(): SessionHolder {
  let session: { readonly api: DockerApi; readonly signal: AbortSignal } | null = null;
  return {
    current: () => {
      if (session === null) throw new Error('there is no connection to Docker');
      return session;
    },
    connected: () => session !== null,
    set: (next) => {
      session = next;
    },
  };
}
