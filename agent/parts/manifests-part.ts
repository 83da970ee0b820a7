import { join } from 'node:path';
import type { Bus } from '../../bus/index.ts';
import { type ManifestWatch, watchManifests } from '../../sources/index.ts';
import type { Config } from '../config/config.ts';
import type { AgentDependencies } from './dependencies.ts';
import type { Parts } from './parts.ts';

/** Keeps the declarations of the manifests directory on the bus. */
export function includeManifests(
  deps: AgentDependencies,
  config: Pick<Config, 'manifestsDir' | 'dataDir'>,
  { bus, parts, signal }: { readonly bus: Bus; readonly parts: Parts; readonly signal: AbortSignal },
): ManifestWatch {
  const ledgerPath = join(config.dataDir, 'manifests.json');
  const watch = watchManifests({ ...deps, documents: bus }, { dir: config.manifestsDir, ledgerPath, signal });
  const read = () => {
    const { appliedAtMs, problems } = watch.report();
    return { name: 'manifests', lastAppliedAtMs: appliedAtMs, problems, pending: [] };
  };
  parts.include(read, watch.done);
  return watch;
}
