import { type Container, type HealthCheck, healthCheckOfLabels, healthLabelFaults } from '../../model/index.ts';
import type { ServiceView } from '../host-view/host-view.ts';
import { newestOf } from './newest.ts';

/** The check of a service: its declaration decides, else its labels, else those of the newest container whose labels are valid. */
export function serviceCheck({
  declaration,
  containers,
}: Pick<ServiceView, 'declaration' | 'containers'>): HealthCheck | null {
  const declared = declaration && (declaration.healthCheck ?? healthCheckOfLabels(declaration.labels));
  if (declared) return declared;
  const newest = newestOf(containers);
  const [deciding] = newest.every(isValid) ? newest : newestOf(containers.filter(isValid));
  return deciding ? healthCheckOfLabels(deciding.labels) : null;
}

/** A new container with a mistake in its labels must not end the checks of the others. */
function isValid({ labels }: Pick<Container, 'labels'>): boolean {
  return healthLabelFaults(labels).length === 0;
}
