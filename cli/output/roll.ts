import type { RollEvent } from '../../agent/index.ts';
import { formatProblem } from '../../model/index.ts';

/** One event of a roll: lines of output, and a problem. */
export function formatRollEvent(
  event: RollEvent,
  isDryRun: boolean,
): { readonly lines: readonly string[]; readonly problem: string | null } {
  switch (event.kind) {
    case 'plan':
      return { lines: planLines(event.containers, isDryRun), problem: null };
    case 'step':
      return { lines: [event.container === null ? event.text : `${event.container}: ${event.text}`], problem: null };
    case 'failed':
      return { lines: [], problem: `drover: ${formatProblem(event.problem)}` };
    case 'end':
      return { lines: [endLine(event)], problem: null };
  }
}

type Planned = Extract<RollEvent, { kind: 'plan' }>['containers'];

function planLines(containers: Planned, isDryRun: boolean): readonly string[] {
  return containers.flatMap(({ container, skipped, image, imageId, steps }) => {
    if (skipped !== null) return [`${container}: not replaced: ${skipped}`];
    const id = imageId.replace('sha256:', '').slice(0, 12);
    return [
      `${container}: replace by a container of ${image} (${id})`,
      ...(isDryRun ? steps.map((step) => `  ${step}`) : []),
    ];
  });
}

function endLine({ rolled, skipped, failed, others }: Extract<RollEvent, { kind: 'end' }>): string {
  const counts = [
    `${rolled} replaced`,
    ...(skipped > 0 ? [`${skipped} not replaced`] : []),
    ...(failed ? ['1 failed'] : []),
  ];
  const hosts = others.map(({ host, containers }) => `${host} (${containers})`);
  const there =
    hosts.length > 0 ? ` Containers of another image on other hosts: ${hosts.join(', ')}; roll them there.` : '';
  return `${failed ? 'Ended early' : 'Done'}: ${counts.join(', ')}.${there}`;
}
