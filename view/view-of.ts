import type { Snapshot } from '../model/index.ts';
import type { HostView } from './host-view.ts';

export function viewOf(_snapshot: Snapshot, _hostId: string, _previous?: HostView): HostView {
  throw new Error('not yet');
}
