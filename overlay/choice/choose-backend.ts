import { type BackendName, type BackendSetting, encryptedBackends, type HostOverlay } from '../../model/index.ts';

/** A living host that takes part in the managed network. */
export interface OverlayHost {
  readonly name: string;
  /** Null: its agent does not report it, because it is older, or has not yet. */
  readonly overlay: HostOverlay | null;
}

export interface ChosenBackend {
  /** Null: no host can do it. */
  readonly backend: BackendName | null;
  /** For operators. */
  readonly reason: string;
}

/** `wireguard` is smaller and needs no negotiation of algorithms, so it comes first. */
const PREFERENCE: readonly BackendName[] = encryptedBackends.toSorted((a, b) => (a > b ? -1 : 1));

/**
 * The backend of the environment. `auto`: the best encrypted one that every host can use; if there is none, the one that most hosts
 * can use, never one in clear: a host that cannot encrypt must not end the encryption of all others. Pure.
 */
export function chooseBackend(setting: BackendSetting, hosts: readonly OverlayHost[]): ChosenBackend {
  if (setting !== 'auto') return { backend: setting, reason: `the setting is ${setting}` };
  const counted = PREFERENCE.map((backend) => ({ backend, able: hosts.filter((host) => can(host, backend)) }));
  const [best] = counted.toSorted((a, b) => b.able.length - a.able.length);
  if (best === undefined || best.able.length === 0)
    return { backend: null, reason: `auto: no host can encrypt: ${lackOf(hosts)}` };
  const { backend, able } = best;
  const unable = hosts.filter((host) => host.overlay !== null && !can(host, backend)).map(({ name }) => name);
  const reason = unable.length === 0 ? 'every host can use it' : `all hosts can use it but ${unable.join(', ')}`;
  return { backend, reason: `auto: ${reason}${aboutBetter(backend, able.length, counted)}` };
}

/** Whether the host can use a backend, as far as it has reported. */
export function can(
  { overlay }: { readonly overlay: Pick<HostOverlay, 'abilities'> | null },
  backend: BackendName,
): boolean {
  return overlay?.abilities.some((one) => one.backend === backend && one.means !== null) ?? false;
}

/** Why a host cannot use a backend; empty: it can, or has not reported. */
export function lacks({ overlay }: Pick<OverlayHost, 'overlay'>, backend: BackendName): string {
  return overlay?.abilities.find((one) => one.backend === backend && one.means === null)?.lacks ?? '';
}

function aboutBetter(
  backend: BackendName,
  count: number,
  counted: readonly { readonly backend: BackendName; readonly able: readonly OverlayHost[] }[],
): string {
  const better = counted.slice(
    0,
    counted.findIndex((one) => one.backend === backend),
  );
  return better.map((one) => `; only ${one.able.length} of ${count} can use ${one.backend}`).join('');
}

function lackOf(hosts: readonly OverlayHost[]): string {
  const found = hosts.flatMap((host) => PREFERENCE.map((backend) => lacks(host, backend))).find((text) => text !== '');
  return found ?? 'no host has reported what it can use';
}
