/**
 * Returns free heap memory to the kernel. V8 lets garbage grow in proportion to the memory in use, so that a process would
 * otherwise keep the memory that loading its state needed: 20 of 60 MB with 20,000 containers. Blocks the process for about
 * 2 ms per megabyte in use. Does nothing if Node runs without `--expose-gc`.
 */
export function returnFreeMemory(): void {
  globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}
