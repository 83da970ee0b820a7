import { existsSync } from 'node:fs';
import type { DataSet } from '../support/data-set.ts';
import type { Contestant } from './servers/contestant.ts';
import { bind, dnsmasq, nsd, unbound } from './servers/debian.ts';
import { drover, droverWithAnswers } from './servers/drover.ts';
import { consul, echo, nodeEcho, rancherDns } from './servers/others.ts';

/** Optional binaries. */
export interface Binaries {
  readonly rancherDns: string | null;
  readonly consul: string | null;
}

/** All servers that can serve the data set, in the order of the table. */
export function contestantsFor(
  set: DataSet,
  { rancherDns: original, consul: consulProgram }: Binaries,
  only: readonly string[],
): readonly Contestant[] {
  const others = [
    ...(original ? [rancherDns(original)] : []),
    ...(consulProgram && existsSync(consulProgram) ? [consul(consulProgram)] : []),
  ];
  const ours = set.containerNames
    ? [drover('batched'), droverWithAnswers('batched')]
    : [
        drover('batched'),
        drover('dgram'),
        drover('batched', { title: 'Drover (batched, short names)', shortNames: true }),
      ];
  const all = [echo, nodeEcho, ...ours, nsd, unbound, bind, dnsmasq, ...others];
  return all.filter(
    ({ name, fewNames }) =>
      !(set.containerNames && fewNames) &&
      (only.length === 0 || only.some((part) => name.toLowerCase().includes(part))),
  );
}
