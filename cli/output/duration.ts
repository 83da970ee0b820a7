import type { ContainerExit } from '../../model/index.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** `exited (137) 1 min ago`. */
export function formatExit({ code, atMs }: ContainerExit, nowMs: number): string {
  return `exited (${code}) ${formatDuration(nowMs - atMs)} ago`;
}

/** A duration in its largest unit: `3 min`, `250 ms`. */
export function formatDuration(ms: number): string {
  for (const [unit, size] of UNITS) if (ms >= size) return `${Math.floor(ms / size)} ${unit}`;
  return `${Math.max(0, Math.round(ms))} ms`;
}
