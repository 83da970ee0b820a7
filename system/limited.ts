/**
 * Ends `call` after `timeoutMs` or when `signal` aborts; `who` names what did not respond. The signal alone is not enough: dockerode
 * never settles its promise when the connection closes in the middle of an answer.
 */
export async function limited<T>(
  { timeoutMs, who, signal }: { readonly timeoutMs: number; readonly who: string; readonly signal?: AbortSignal },
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const end = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const giveUp = (reason: unknown): void => {
    reject(reason);
    end.abort(reason);
  };
  const timer = setTimeout(() => giveUp(new Error(`${who} did not answer within ${timeoutMs} ms`)), timeoutMs);
  const onAbort = (): void => giveUp(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([call(end.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    ended.catch(() => {});
  }
}
