import type Docker from 'dockerode';
import type { RecreationLock } from '../../healthcheck/index.ts';
import type { Result } from '../../model/index.ts';
import { type Claim, type Claims, planRoll, type Recovery, roll } from '../../replacement/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import type { RollEvent, RollRequest } from '../control/roll-request.ts';
import { createDrain, type DrainDependencies, drainTimeoutOf } from './drain.ts';
import { otherHosts } from './other-hosts.ts';
import type { PlannedRoll, ServicePlan } from './plan-service.ts';
import { whenReady } from './when-ready.ts';

export interface RollServiceDependencies extends Pick<DrainDependencies, 'source' | 'facts' | 'drainTimeoutMs'> {
  readonly docker: Docker;
  readonly clock: Clock;
  readonly log: Log;
  readonly view: () => HostView;
  readonly claims: Claims;
  readonly recovery: Pick<Recovery, 'run' | 'request'>;
  readonly lock: () => Promise<Pick<RecreationLock, 'beginRoll' | 'end'>>;
}

export interface RollSignals {
  /** Nobody follows the roll any more: the container in progress is undone, or completed if it has handed over. */
  readonly gone: AbortSignal;
  /** The agent ends: what is left half done is for the next agent. */
  readonly end: AbortSignal;
}

const ASK_AGAIN_MS = 500;

/** Replaces the containers of a service on this host one by one, as planned, until one fails. Rejects if the bus fails, or the agent ends. */
export async function rollService(
  deps: RollServiceDependencies,
  { request, plan }: { readonly request: RollRequest; readonly plan: ServicePlan },
  emit: (event: RollEvent) => void,
  signals: RollSignals,
): Promise<void> {
  const { key } = plan.service;
  const startedAtMs = deps.clock.now();
  const todo = plan.containers.flatMap(({ container, image }) => (image ? [{ container, image }] : []));
  let rolled = 0;
  let failed = false;
  const [first] = todo;
  if (first)
    await inTurn(deps, { service: key, container: first.container.name }, { emit, signals }, async (claim) => {
      for (const one of todo) {
        const result = await rollOne(deps, { claim, key, request, ...one }, emit, signals);
        if (!result.ok) emit({ kind: 'failed', problem: result.problem });
        failed = !result.ok;
        if (failed) return;
        rolled += 1;
      }
    });
  const others = otherHosts(deps.view(), key, { images: plan.containers.map(({ shown }) => shown), startedAtMs });
  emit({ kind: 'end', rolled, skipped: plan.containers.length - todo.length, failed, others });
}

interface InTurn {
  readonly emit: (event: RollEvent) => void;
  readonly signals: RollSignals;
}

/** Does `work` while neither this host nor another one recreates or rolls containers of the service. */
async function inTurn(
  { clock, claims, recovery, lock }: RollServiceDependencies,
  request: { readonly service: string; readonly container: string },
  { emit, signals }: InTurn,
  work: (claim: Claim) => Promise<void>,
): Promise<void> {
  const signal = AbortSignal.any([signals.gone, signals.end]);
  let told = '';
  const wait = async (why: string): Promise<void> => {
    if (why !== told) emit({ kind: 'step', container: null, text: `wait: ${why}` });
    told = why;
    await clock.sleep(ASK_AGAIN_MS, signal);
  };
  let claim = claims.claim('roll', request.service);
  while (!claim) {
    await wait('this host replaces containers of the service already');
    claim = claims.claim('roll', request.service);
  }
  try {
    await recovery.run();
    const turns = await lock();
    for (;;) {
      const turn = await turns.beginRoll(request);
      if (turn.kind === 'go') break;
      await wait(turn.why);
    }
    await work(claim).finally(() => turns.end(request, 'undone'));
  } finally {
    claim.end();
  }
}

interface RollOne extends Pick<PlannedRoll, 'container'> {
  readonly image: NonNullable<PlannedRoll['image']>;
  readonly claim: Claim;
  readonly key: string;
  readonly request: RollRequest;
}

async function rollOne(
  deps: RollServiceDependencies,
  { container: { id, name }, image, claim, key, request }: RollOne,
  emit: (event: RollEvent) => void,
  { gone, end }: RollSignals,
): Promise<Result<string>> {
  const { docker, view, recovery, log } = deps;
  const step = (text: string) => emit({ kind: 'step', container: name, text });
  // The state may be another one than at the beginning of the roll.
  const planned = await planRoll(docker, id, { ...request, image });
  if (!planned.ok) return planned;
  const drain = createDrain(deps);
  const timeoutMs = request.drainTimeoutMs ?? drainTimeoutOf(view(), key, deps.drainTimeoutMs);
  const onSessions = (sessions: number) =>
    step(sessions === 1 ? 'wait until 1 session has ended' : `wait until ${sessions} sessions have ended`);
  claim.replaces(id);
  log.info({ container: name, service: key, image: image.id }, 'rolling a container');
  try {
    const result = await roll(
      {
        docker,
        log,
        drain: (drained) => drain.drain(drained, { timeoutMs, onSessions }, end),
        whenReady: (next, signal) => whenReady(deps, { id: next, timeoutMs: request.readyTimeoutMs }, signal),
        onStep: step,
      },
      planned.value,
      AbortSignal.any([gone, end]),
    );
    if (result.ok) log.info({ container: name, id: result.value }, 'a container was rolled');
    else log.warn({ problem: result.problem }, 'a container was not rolled');
    if (!result.ok) recovery.request();
    return result;
  } finally {
    claim.replaces(null);
    drain.release();
  }
}
