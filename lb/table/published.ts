import { type Container, lbLabels } from '../../model/index.ts';
import { type HostView, serviceOf } from '../../view/index.ts';
import { claimKey } from './backend-names.ts';
import type { Claim } from './claim.ts';
import { labelClaims } from './label-claims.ts';
import { type Source, sourceOf, standaloneSource } from './source.ts';
import { standaloneContainers } from './targets.ts';

/** Of a rule that labels publish, in the fact `published`. */
export function claimName(claim: Pick<Claim, 'balancer' | 'port' | 'host' | 'path'>): string {
  return `${claim.balancer} ${claimKey(claim)}`;
}

/**
 * The names of the rules by labels that services with containers on this host have, with the age of the oldest of these containers that
 * has the rule itself (milliseconds since the epoch); null: none has, as with a rule that a manifest declares.
 */
export function publishedHere(view: HostView): ReadonlyMap<string, number | null> {
  const containers = view.snapshot.hosts.get(view.hostId)?.containers.values() ?? [];
  const oldest = new Map<string, number | null>();
  const sources = new Map<string, Source | null>();
  for (const container of containers) {
    const key = keyOf(view, container);
    const source = sources.get(key) ?? sourceWith(view, container);
    sources.set(key, source);
    if (source === null || source.published.rules.length === 0) continue;
    const own = new Set(claimNames({ ...source, published: lbLabels(container.labels) }));
    for (const name of claimNames(source)) {
      const before = oldest.get(name) ?? null;
      const age = own.has(name) ? container.createdAtMs : null;
      oldest.set(name, before !== null && age !== null ? Math.min(before, age) : (before ?? age));
    }
  }
  return oldest;
}

function claimNames(source: Source): readonly string[] {
  return labelClaims(source).claims.map(claimName);
}

function keyOf(view: HostView, container: Container): string {
  return serviceOf(view, container)?.key ?? container.name.toLowerCase();
}

function sourceWith(view: HostView, container: Container): Source | null {
  const service = serviceOf(view, container);
  if (service !== null) return sourceOf(service);
  const name = container.name.toLowerCase();
  return standaloneSource(name, standaloneContainers(view, name));
}
