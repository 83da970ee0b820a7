import type { Verdict } from './targets.ts';

export function printVerdicts(title: string, verdicts: readonly (Verdict | null)[]): void {
  const known = verdicts.filter((verdict) => verdict !== null);
  if (known.length === 0) return;
  console.log(`### ${title}\n`);
  printRow(['what', 'target', 'measured', '']);
  printRow(['---', '---', '---', '---']);
  for (const { what, target, measured, met } of known) printRow([what, target, measured, met ? 'met' : '**missed**']);
  console.log();
  if (known.some(({ met }) => !met)) process.exitCode = 1;
}

export function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
