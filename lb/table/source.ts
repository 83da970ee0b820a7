import type { Container, ServiceDeclaration } from '../../model/index.ts';
import type { ServiceView } from '../../view/index.ts';

type Labels = Readonly<Record<string, string>>;

/** What one service says about load balancing. It stays the identical object until that changes. */
export interface Source {
  /** `ServiceView.key`. */
  readonly key: string;
  readonly isBalancer: boolean;
  readonly declaration: ServiceDeclaration | null;
  /** For selectors. */
  readonly labels: Labels;
  /** Since when it has its rules, for `compareSources`; null: unknown. */
  readonly sinceMs: number | null;
}

export function sourceOf(service: ServiceView): Source {
  const { key, declaration } = service;
  const config = declaration?.lbConfig ?? null;
  const isBalancer = service.kind === 'loadBalancerService' && config !== null;
  const labels = serviceLabels(service);
  return { key, isBalancer, declaration, labels, sinceMs: config?.sinceMs ?? null };
}

/** The source before if its rules are the same. */
export function keepSource(before: Source | undefined, after: Source): Source {
  const same =
    before !== undefined &&
    before.declaration === after.declaration &&
    before.isBalancer === after.isBalancer &&
    before.sinceMs === after.sinceMs;
  return same ? before : after;
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
    Number(b.isBalancer) - Number(a.isBalancer) ||
    (a.sinceMs ?? 0) - (b.sinceMs ?? 0) ||
    (a.key < b.key ? -1 : Number(a.key > b.key))
  );
}
