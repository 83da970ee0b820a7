import {
  type Container,
  compareText,
  type LabelFault,
  type LabelRule,
  lbLabels,
  matchesSelector,
  type Selector,
  type ServiceDeclaration,
} from '../../model/index.ts';
import { newestOf, type ServiceView } from '../../view/index.ts';
import type { BackendPart } from './claim.ts';
import { keepIdentity } from './keep-identity.ts';
import { standalone } from './targets.ts';

type Labels = Readonly<Record<string, string>>;

/** What one service, or one container without a service, says about load balancing. */
export interface Source {
  /** `ServiceView.key`; for a container without a service, its name in lower case. */
  readonly key: string;
  /** Itself, for its rules by labels. */
  readonly target: BackendPart['target'];
  readonly isBalancer: boolean;
  readonly declaration: ServiceDeclaration | null;
  /** For selectors. */
  readonly labels: Labels;
  /** The rules that its labels publish. */
  readonly published: { readonly rules: readonly LabelRule[]; readonly faults: readonly LabelFault[] };
  /** Since when it is declared; without a declaration, the age of its oldest container. Null: unknown. */
  readonly sinceMs: number | null;
}

export function sourceOf(service: ServiceView): Source {
  const { key, declaration, containers } = service;
  const isBalancer = service.kind === 'loadBalancerService' && declaration?.lbConfig !== null;
  const labels = serviceLabels(service);
  return {
    key,
    target: { kind: 'service', name: key },
    isBalancer,
    declaration,
    labels,
    published: isBalancer ? NOTHING : publishedBy(service, labels),
    sinceMs: isBalancer ? (declaration?.lbConfig?.sinceMs ?? null) : oldestOf(containers),
  };
}

/** Containers without a service, of one name; null if they publish nothing. */
export function standaloneSource(name: string, containers: readonly Container[]): Source | null {
  const [first] = containers;
  const source = first && sourceOf({ ...standalone(first), containers });
  return source && hasRules(source) ? { ...source, key: name, target: { kind: 'standalone', name } } : null;
}

const NOTHING: Source['published'] = { rules: [], faults: [] };

/** A mistake in the labels of a new container does not end the rules of the others. */
function publishedBy({ containers }: ServiceView, labels: Labels): Source['published'] {
  const published = lbLabels(labels);
  if (published.faults.length === 0) return published;
  const [valid] = newestOf(containers.filter((container) => lbLabels(container.labels).faults.length === 0));
  const { rules } = valid ? lbLabels(valid.labels) : NOTHING;
  return rules.length > 0 ? { rules, faults: published.faults } : published;
}

function oldestOf(containers: readonly Container[]): number | null {
  return containers.length === 0 ? null : Math.min(...containers.map(({ createdAtMs }) => createdAtMs));
}

function hasRules({ isBalancer, published: { rules, faults } }: Source): boolean {
  return isBalancer || rules.length > 0 || faults.length > 0;
}

/** What makes the rules of one source depend on more than the source. */
export interface Relations {
  /** The selectors in use. */
  readonly selectors: readonly Selector[];
  /** Whether owners claim the same: their age decides. */
  readonly isContested: boolean;
}

/** Whether both make the same rules. Null: there is no such service. */
export function hasSameRules(before: Source | null, after: Source | null, relations: Relations): boolean {
  const { selectors, isContested } = relations;
  if (!before || !after) return [before, after].every((one) => !one || isIdle(one, selectors));
  return (
    before.declaration === after.declaration &&
    before.isBalancer === after.isBalancer &&
    (before.sinceMs === after.sinceMs || !isContested) &&
    keepIdentity(before.published, after.published) === before.published &&
    selectors.every((selector) => matchesSelector(selector, before.labels) === matchesSelector(selector, after.labels))
  );
}

/** Whether it makes no rule. */
function isIdle(source: Source, selectors: readonly Selector[]): boolean {
  return !hasRules(source) && !selectors.some((selector) => matchesSelector(selector, source.labels));
}

/** The declaration decides, else the labels of the newest container, with which an update begins. */
function serviceLabels({ declaration, containers }: ServiceView): Labels {
  const ofContainer = newestOf(containers)[0]?.labels;
  if (!declaration || Object.keys(declaration.labels).length === 0) return ofContainer ?? {};
  return { ...ofContainer, ...declaration.labels };
}

/** Balancers before labels, the older balancer first, then by key. The age of containers does not count: it changes when they are replaced. */
export function compareSources(a: Source, b: Source): number {
  const age = a.isBalancer && b.isBalancer ? since(a) - since(b) : 0;
  return Number(b.isBalancer) - Number(a.isBalancer) || age || compareText(a.key, b.key);
}

function since({ sinceMs }: Source): number {
  return sinceMs ?? 0;
}
