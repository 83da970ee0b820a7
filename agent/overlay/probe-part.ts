import type { Cidr } from '../../model/index.ts';
import type { PeersPlan, Prober } from '../../overlay/index.ts';
import type { Clock, WakeUp } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Part } from '../parts/part.ts';
import type { OverlayState } from './overlay-state.ts';
import type { Reaches } from './reaches.ts';

export interface ProbeSources {
  readonly hostId: string;
  readonly clock: Clock;
  readonly prober: Prober;
  readonly reaches: Reaches;
  readonly view: () => HostView;
  readonly state: Pick<OverlayState, 'accepted' | 'own' | 'plan'>;
  /** The networks of this host. */
  readonly networks: () => readonly Cidr[];
  /** The first address of this host's subnet; null: there is none yet. */
  readonly gateway: () => string | null;
  /** Woken when the view may have changed. */
  readonly changes: WakeUp;
  readonly onChange: () => void;
}

const INTERVAL_MS = 1_000;
/** Most changes are of containers, and change no path. */
const PAUSE_MS = 100;

/** Probes the paths to the other hosts, and decides from what comes back at which address each of them is reached. */
export function probePart(sources: ProbeSources): Part {
  const { hostId, prober, reaches, view, state, networks, gateway, changes, onChange } = sources;
  let probed: { readonly plan: PeersPlan | null; readonly from: string | null } = { plan: null, from: null };
  const round = (): void => {
    const newest = view();
    const plan = state.plan(newest);
    const from = gateway();
    if (plan !== probed.plan || from !== probed.from) {
      prober.update(from === null ? null : { hostId, gateway: from }, plan?.probes ?? []);
      probed = { plan, from };
    }
    const used = [...(plan?.used ?? [])];
    const { addresses, publicAddress } = state.own();
    const { peers, absent } = state.accepted(newest);
    const isChanged = reaches.decide({
      peers: [...peers.values()],
      absent: absent.keys(),
      networks: networks(),
      ownAddresses: addresses.length + (publicAddress === null ? 0 : 1),
      paths: prober.status(),
      plain: new Set(used.flatMap(([id, { backend }]) => (backend === 'direct' ? [id] : []))),
    });
    if (isChanged) onChange();
  };
  return async (signal, report) => {
    const ignore = prober.onChange(changes.wake);
    try {
      while (!signal.aborted) {
        round();
        report.done();
        await changes.wait(INTERVAL_MS, signal);
        await changes.pause(PAUSE_MS, signal);
      }
    } finally {
      ignore();
      if (signal.aborted) await prober.close();
    }
  };
}
