import { advance, diffPictures, emptyPicture, emptyState, readMirror } from '../../state/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import { readLiving } from '../children/child-slots.ts';
import type { Config } from '../config/config.ts';
import { mirrorFile } from '../config/paths.ts';

/** The last saved state of this host, for commands that run without an agent. */
export interface SavedView {
  readonly view: HostView;
  /** Milliseconds since the epoch. */
  readonly savedAtMs: number;
}

/** Null when no state was saved, or it cannot be read. */
export function readSavedView(config: Pick<Config, 'dataDir' | 'runDir'>): SavedView | null {
  const { saved } = readMirror(mirrorFile(config));
  if (saved === null) return null;
  const empty = emptyState(saved.environment, saved.hostId);
  const delta = diffPictures(emptyPicture, saved.picture);
  const { snapshot } = delta === null ? empty : advance(empty, delta, saved.revision).state;
  return { view: viewOf(snapshot, saved.hostId), savedAtMs: saved.savedAtMs };
}

/** Pid of a server process, null if it does not run. */
export async function findServer({ runDir }: Pick<Config, 'runDir'>, name: string): Promise<number | null> {
  const [living] = await readLiving(runDir, name);
  return living?.identity.pid ?? null;
}
