import { type HealthCheck, healthCheckOfLabels } from '../../model/index.ts';
import type { ServiceView } from '../host-view/host-view.ts';
import { newestOf } from './newest.ts';

/** The check of a service: its declaration decides, else its labels, else those of the newest container. */
export function serviceCheck({
  declaration,
  containers,
}: Pick<ServiceView, 'declaration' | 'containers'>): HealthCheck | null {
  const declared = declaration && (declaration.healthCheck ?? healthCheckOfLabels(declaration.labels));
  if (declared) return declared;
  const [newest] = newestOf(containers);
  return newest ? healthCheckOfLabels(newest.labels) : null;
}
