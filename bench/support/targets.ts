/** Targets, and whether they are met. */
export interface Verdict {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

export function limit(what: string, value: number, atMost: number, unit: string): Verdict {
  const measured = `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ${unit}`;
  return { what, target: `at most ${atMost} ${unit}`, measured, met: value <= atMost };
}

export function atLeast(what: string, value: number, least: number): Verdict {
  return { what, target: `at least ${least}`, measured: value.toFixed(2), met: value >= least };
}
