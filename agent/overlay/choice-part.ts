import {
  type HostOverlay,
  isEncrypted,
  type JsonValue,
  OVERLAY_DOCUMENT,
  type OverlayChoice,
  type Problem,
  sameJson,
} from '../../model/index.ts';
import { lacks, type NetworkDocuments, type OverlayHost, planChoice } from '../../overlay/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Config } from '../config/config.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';
import type { OverlayState } from './overlay-state.ts';

export interface ChoiceSources {
  readonly hostId: string;
  readonly view: () => HostView;
  readonly state: Pick<OverlayState, 'accepted' | 'own'>;
  readonly hosts: (view: HostView) => readonly OverlayHost[];
  readonly documents: () => Promise<Pick<NetworkDocuments, 'list' | 'put'>>;
}

const INTERVAL_MS = 5_000;
/** Before there is a choice, and while another one is about to be written. */
const BUSY_INTERVAL_MS = 1_000;
/** What hosts can do changes while they start: a choice by `auto` is changed only after this time. */
const SETTLE_MS = 10_000;
const DAY_MS = 86_400_000;

/**
 * Decides for the environment how hosts reach each other: the first host writes the document, and the one with the lowest id keeps it
 * up to date.
 */
export function choicePart({ clock, log }: AgentDependencies, sources: ChoiceSources, config: Config['network']): Part {
  const { hostId, view, state, hosts, documents } = sources;
  const settings = { setting: config.backend, keyMaxAgeMs: config.keyMaxAgeDays * DAY_MS };
  let pending: { readonly text: string; readonly sinceMs: number } | null = null;

  /** Unless another host has written another choice than the one from which `next` follows. */
  const write = async (next: OverlayChoice, before: OverlayChoice | null): Promise<void> => {
    const bus = await documents();
    const found = (await bus.list(OVERLAY_DOCUMENT)).get(OVERLAY_DOCUMENT);
    if (!sameJson(found?.value ?? null, before as unknown as JsonValue)) return;
    const { ok } = await bus.put(OVERLAY_DOCUMENT, next as unknown as JsonValue, found?.revision ?? 0);
    if (ok) log.info({ backend: next.backend, reason: next.reason, generation: next.generation }, 'overlay chosen');
  };

  const round = async (): Promise<void> => {
    const newest = view();
    const { complete, overlay: before } = newest.snapshot;
    const others = [...state.accepted(newest).peers.values()];
    const isMine = others.every(({ host }) => hostId < host.id);
    if (!complete || state.own().abilities.length === 0 || !(isMine || before === null)) return;
    const usedGeneration = state.own().uses;
    const next = planChoice({ ...settings, usedGeneration }, before, hosts(newest), clock.now());
    const text = JSON.stringify([next.backend, next.reason]);
    if (next === before) pending = null;
    else if (before === null) await write(next, before);
    else if (pending?.text !== text) pending = { text, sinceMs: clock.monotonic() };
    else if (clock.monotonic() - pending.sinceMs >= SETTLE_MS) await write(next, before);
  };

  return async (signal, report) => {
    while (!signal.aborted) {
      await round();
      report.done();
      // A host without others needs no tunnel.
      const isAlone = state.accepted(view()).peers.size === 0;
      report.problems(isAlone ? [] : problemsOf(config, view().snapshot.overlay, state.own()));
      const isBusy = pending !== null || view().snapshot.overlay === null;
      await clock.sleep(isBusy ? BUSY_INTERVAL_MS : INTERVAL_MS, signal).catch(() => {});
    }
  };
}

function problemsOf(
  { backend: configured }: Config['network'],
  choice: OverlayChoice | null,
  overlay: HostOverlay,
): readonly Problem[] {
  if (choice === null) return [];
  const problems: Problem[] = [];
  if (configured !== 'auto' && configured !== choice.setting)
    problems.push({
      subject: 'network.backend',
      what: `is ${configured} in the configuration of this host, but the environment uses ${choice.setting}`,
      hint: `run \`drover overlay use ${configured}\` to change the environment, or change the configuration`,
    });
  if (choice.backend === null)
    problems.push({
      subject: 'overlay',
      what: overlay.ends.some(({ backend }) => !isEncrypted(backend))
        ? `packets between hosts are not encrypted: ${choice.reason}`
        : `containers of different hosts cannot reach each other: ${choice.reason}`,
      hint: 'install what is missing on every host, or choose a backend in clear: `drover overlay use vxlan`',
    });
  else {
    const lack = lacks({ overlay }, choice.backend);
    if (lack !== '')
      problems.push({
        subject: `overlay: ${choice.backend}`,
        what: `this host cannot use it, so its containers reach no other host: ${lack}`,
        hint: 'install what is missing; Drover notices it within a minute',
      });
  }
  return problems;
}
