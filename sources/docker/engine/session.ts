import type { DockerApi } from './api.ts';

/** The connection to Docker as those see it who outlive it. */
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
