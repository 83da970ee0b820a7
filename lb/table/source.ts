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
import type { ServiceView } from '../../view/index.ts';
import { keepIdentity } from './keep-identity.ts';

type Labels = Readonly<Record<string, string>>;

/** What one service says about load balancing. */
export interface Source {
  /** `ServiceView.key`. */
  readonly key: string;
  readonly isBalancer: boolean;
  readonly declaration: ServiceDeclaration | null;
  /** For selectors. */
  readonly labels: Labels;
  /** The rules that its labels publish. */
  readonly published: { readonly rules: readonly LabelRule[]; readonly faults: readonly LabelFault[] };
  /** Since when it has its rules, for `compareSources`; null: unknown. */
  readonly sinceMs: number | null;
}

export function sourceOf(service: ServiceView): Source {
  const { key, declaration, containers } = service;
  const isBalancer = service.kind === 'loadBalancerService' && declaration?.lbConfig !== null;
  const labels = serviceLabels(service);
  const published = isBalancer ? NOTHING : lbLabels(labels);
  const sinceMs = isBalancer ? (declaration?.lbConfig?.sinceMs ?? null) : oldestOf(published.rules.length, containers);
  return { key, isBalancer, declaration, labels, published, sinceMs };
}

const NOTHING: Source['published'] = { rules: [], faults: [] };

function oldestOf(rules: number, containers: readonly Container[]): number | null {
  return rules === 0 || containers.length === 0 ? null : Math.min(...containers.map(({ createdAtMs }) => createdAtMs));
}

/** Whether both make the same rules. */
export function hasSameRules(before: Source | undefined, after: Source, selectors: readonly Selector[]): boolean {
  return (
    before !== undefined &&
    before.declaration === after.declaration &&
    before.isBalancer === after.isBalancer &&
    before.sinceMs === after.sinceMs &&
    keepIdentity(before.published, after.published) === before.published &&
    selectors.every((selector) => matchesSelector(selector, before.labels) === matchesSelector(selector, after.labels))
  );
}

/** The declaration decides, else the labels of the newest container, with which an update begins. */
function serviceLabels({ declaration, containers }: ServiceView): Labels {
  const ofContainer = newestOf(containers)?.labels;
  if (!declaration || Object.keys(declaration.labels).length === 0) return ofContainer ?? {};
  return { ...ofContainer, ...declaration.labels };
}

function newestOf(containers: readonly Container[]): Container | null {
  return containers.reduce<Container | null>(
    (newest, other) => (newest === null || other.createdAtMs > newest.createdAtMs ? other : newest),
    null,
  );
}

/** The first owner of a port or a rule comes first: balancers before labels, then the one that is older, then by key. */
export function compareSources(a: Source, b: Source): number {
  return (
    Number(b.isBalancer) - Number(a.isBalancer) || (a.sinceMs ?? 0) - (b.sinceMs ?? 0) || compareText(a.key, b.key)
  );
}
