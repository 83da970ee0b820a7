import { createStateStore, type Mirror, openMirror, type StateStore } from '../../state/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import type { Config } from '../config/config.ts';
import { environmentOf } from '../config/environment.ts';
import { mirrorFile } from '../config/paths.ts';
import { ensureHostId } from './host-id.ts';

/** The identity and the state of this host, loaded from disk at once, also without Docker and bus. */
export interface Core {
  readonly hostId: string;
  readonly store: StateStore;
  /** The newest view. */
  view(): HostView;
  close(): Promise<void>;
}

export async function openCore(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  config: Config,
): Promise<Core> {
  const hostId = await ensureHostId(log, config.dataDir);
  const mirror: Mirror = openMirror(mirrorFile(config));
  const store = createStateStore({ mirror, log, clock }, { environment: environmentOf(config), hostId });
  return {
    hostId,
    store,
    view: viewFollowing(store),
    close: async () => {
      await store.close();
      mirror.close();
    },
  };
}

/** A view that is updated when it is read, at the cost of what changed since the last read. */
function viewFollowing({ current, hostId }: Pick<StateStore, 'current' | 'hostId'>): () => HostView {
  let view: HostView | undefined;
  return () => {
    const snapshot = current();
    if (view?.snapshot !== snapshot) view = viewOf(snapshot, hostId, view);
    return view;
  };
}
