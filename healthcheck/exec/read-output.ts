export interface ReadOutput {
  /** The first part. The rest is read and dropped, so that the command can write on. */
  readonly output: Buffer;
  readonly isTooLong: boolean;
}

const KEPT_BYTES = 4_096;
const MAX_BYTES = 1 << 20;

/** Reads until the end, until `until` aborts, or until it is too long. Closes the stream. */
export async function readOutput(
  stream: NodeJS.ReadableStream & { destroy?(): void },
  until: AbortSignal,
): Promise<ReadOutput> {
  const kept: Buffer[] = [];
  let sizeBytes = 0;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  stream.on('data', (chunk: Buffer) => {
    if (sizeBytes < KEPT_BYTES) kept.push(chunk.subarray(0, KEPT_BYTES - sizeBytes));
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BYTES) resolve();
  });
  for (const event of ['end', 'close', 'error']) stream.on(event, () => resolve());
  const stop = (): void => resolve();
  until.addEventListener('abort', stop, { once: true });
  if (until.aborted) resolve();
  await ended;
  until.removeEventListener('abort', stop);
  stream.destroy?.();
  return { output: Buffer.concat(kept), isTooLong: sizeBytes > MAX_BYTES };
}
