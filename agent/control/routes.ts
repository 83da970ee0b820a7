import type { OverlayChoice, Problem, Result } from '../../model/index.ts';
import type { ComponentPlan } from '../../reconcile/index.ts';
import { isBug } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import { type ApplyOutcome, type ApplyRequest, parseApplyRequest } from './apply-request.ts';
import { type DeclaredServices, parseRemoveRequest, type RemoveRequest } from './declarations.ts';
import type { GoneHosts } from './gone-hosts.ts';
import type { HealthRow } from './health.ts';
import { type LbPage, lbPage } from './lb/lb-page.ts';
import { type LbSources, withoutSecrets } from './lb/lb-sources.ts';
import { publishedAt } from './lb/published.ts';
import { lbPort, lbPortRequestSchema } from './lb/why-lb.ts';
import { listContainers, listHosts, listServices } from './listing.ts';
import type { Metrics } from './metrics.ts';
import { type OverlayRequest, overlayRequestSchema } from './overlay/change-overlay.ts';
import { readOverlay } from './overlay/overlay-page.ts';
import type { ReadRoute } from './overlay/read-route.ts';
import type { TunnelSources } from './overlay/tunnel-sources.ts';
import { explainPath, pathRequestSchema } from './overlay/why-path.ts';
import { parseBody } from './request-body.ts';
import { parseRollRequest, type RollRequest, type StartedRoll } from './roll-request.ts';
import { type ControlAnswer, type ControlRoute, refusal } from './server.ts';
import { type AgentStatus, busFailure } from './status.ts';
import type { ExplainNow } from './why.ts';

export interface ControlSources {
  readonly status: () => AgentStatus;
  readonly view: () => HostView;
  readonly health: () => Promise<readonly HealthRow[]>;
  readonly lb: LbSources;
  readonly metrics: Metrics;
  readonly apply: (request: ApplyRequest) => Promise<ApplyOutcome>;
  readonly declarations: () => Promise<DeclaredServices>;
  readonly remove: (request: RemoveRequest) => Promise<ApplyOutcome>;
  /** Replaces the containers of a service on this host. */
  readonly roll: (request: RollRequest) => Promise<StartedRoll>;
  /** Allows the deletions that a component holds back, and returns them. Null: there is no such component. */
  readonly confirm: (part: string) => readonly string[] | null;
  /** Dry run of all components. */
  readonly plan: () => Promise<readonly ComponentPlan[]>;
  /** The paths to other hosts. */
  readonly tunnels: TunnelSources;
  readonly readRoute: ReadRoute;
  /** Changes how the hosts of the environment reach each other. */
  readonly changeOverlay: (request: OverlayRequest) => Promise<Result<OverlayChoice>>;
  readonly gone: GoneHosts;
  readonly checkup: () => Promise<readonly Problem[]>;
  /** Removes everything that Drover made and returns what could not be removed. The agent exits after the reply. */
  readonly down: () => Promise<readonly Problem[]>;
}

/** The routes of the agent's API. */
export function controlRoutes(sources: ControlSources): ReadonlyMap<string, ControlRoute> {
  const json = (body: unknown) => ({ status: 200, body });
  return new Map<string, ControlRoute>([
    ['GET /v1/status', () => json(sources.status())],
    ['GET /v1/services', () => json(listServices(sources.view(), publishedAt(sources.lb.table())))],
    ['GET /v1/containers', () => json(listContainers(sources.view()))],
    ['GET /v1/health', async () => json(await sources.health())],
    ['GET /v1/lb', async () => json(await readLb(sources))],
    ['GET /v1/lb/config', () => lbConfig(sources)],
    ['POST /v1/why/lb', (body) => whyLb(sources, body)],
    ['GET /v1/hosts', () => json(listHosts(sources.view()))],
    ['GET /v1/doctor', async () => json(await sources.checkup())],
    ['POST /v1/doctor', async () => json(await sources.checkup())],
    [
      'POST /v1/apply',
      async (body) => {
        const request = parseApplyRequest(body);
        if (!request.ok) return refusal(400, request.problem);
        return withBus(sources, async () => json(await sources.apply(request.value)));
      },
    ],
    ['GET /v1/declarations', async () => json(await declared(sources))],
    [
      'POST /v1/remove',
      async (body) => {
        const request = parseRemoveRequest(body);
        if (!request.ok) return refusal(400, request.problem);
        return withBus(sources, async () => json(await sources.remove(request.value)));
      },
    ],
    ['GET /v1/overlay', async () => json(await readOverlay(sources.view(), sources.tunnels))],
    ['POST /v1/why/path', (body) => whyPath(sources, body)],
    ['POST /v1/overlay', (body) => overlayChanged(sources, body)],
    ['POST /v1/roll', (body) => rolled(sources, body)],
    ['POST /v1/why/dns', async (body) => explained(sources, body, (await import('./why.ts')).explainDns)],
    ['POST /v1/why/metadata', async (body) => explained(sources, body, (await import('./why.ts')).explainMetadata)],
    ['GET /v1/plan', async () => json(await sources.plan())],
    ['POST /v1/confirm', (body) => confirmed(sources, body)],
    ['GET /v1/gone', () => withBus(sources, async () => json(await sources.gone.list()))],
    ['POST /v1/forget', (body) => withBus(sources, () => forgotten(sources, body))],
    ['POST /v1/down', async () => json({ problems: await sources.down() })],
    [
      'GET /metrics',
      async () => ({ status: 200, body: await sources.metrics.render(), contentType: sources.metrics.contentType }),
    ],
  ]);
}

/** Work that reads or writes the bus: if that fails, the reply names the bus and its fix. */
async function withBus({ status }: ControlSources, work: () => Promise<ControlAnswer>): Promise<ControlAnswer> {
  try {
    return await work();
  } catch (error) {
    return refusal(503, busFailure(status().bus, reasonOf(error), 'then run this command again'));
  }
}

/** From the bus; while it does not answer, from the last known state, with a problem that says so. */
async function declared({ declarations, status, view }: ControlSources): Promise<DeclaredServices> {
  try {
    return await declarations();
  } catch (error) {
    const what = `does not answer, so this is the last known state: ${reasonOf(error)}`;
    const problem = busFailure(status().bus, what, 'then run this command again');
    return { declarations: [...view().snapshot.declarations.values()], problems: [problem] };
  }
}

/** Why the bus failed. A fault of the program is thrown again. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && !isBug(error)) return error.message;
  throw error;
}

function explained({ view, status }: ControlSources, body: unknown, explain: ExplainNow): ReturnType<ControlRoute> {
  const result = explain(view(), status(), body);
  return result.ok ? { status: 200, body: result.value } : refusal(400, result.problem);
}

async function whyPath({ view, tunnels, readRoute }: ControlSources, body: unknown): Promise<ControlAnswer> {
  const asked = parseBody(pathRequestSchema, body);
  if (!asked.ok) return refusal(400, asked.problem);
  const found = await explainPath(view(), asked.value, { tunnels, readRoute });
  return found.ok ? { status: 200, body: found.value } : refusal(400, found.problem);
}

async function overlayChanged(sources: ControlSources, body: unknown): Promise<ControlAnswer> {
  const request = parseBody(overlayRequestSchema, body);
  if (!request.ok) return refusal(400, request.problem);
  return withBus(sources, async () => {
    const result = await sources.changeOverlay(request.value);
    return result.ok ? { status: 200, body: result.value } : refusal(409, result.problem);
  });
}

async function readLb({ view, lb }: ControlSources): Promise<LbPage> {
  const stat = await lb.stat();
  return lbPage(view(), lb.table(), { status: lb.status(), stat, certificates: lb.certificates().values() });
}

async function lbConfig({ lb }: ControlSources): Promise<ControlAnswer> {
  const text = await lb.config();
  if (text !== null) return { status: 200, body: { text: withoutSecrets(text) } };
  return refusal(404, {
    subject: 'load balancer',
    what: 'has no configuration: this host balances nothing',
    hint: 'run `drover lb` to see why',
  });
}

async function whyLb({ view, lb }: ControlSources, body: unknown): Promise<ControlAnswer> {
  const asked = parseBody(lbPortRequestSchema, body);
  if (!asked.ok) return refusal(400, asked.problem);
  const live = { status: lb.status(), stat: await lb.stat() };
  return { status: 200, body: lbPort(view(), lb.table(), { ...asked.value, ...live }) };
}

function confirmed({ confirm, status }: ControlSources, body: unknown): ReturnType<ControlRoute> {
  const part = textIn(body, 'part');
  const deletions = confirm(part);
  if (deletions) return { status: 200, body: { deletions } };
  const names = status().parts.map(({ name }) => name);
  return refusal(400, {
    subject: `part ${part}`.trim(),
    what: 'holds no deletions back',
    hint: `use one of: ${names.join(', ')}`,
  });
}

async function forgotten({ gone }: ControlSources, body: unknown): Promise<Awaited<ReturnType<ControlRoute>>> {
  const subnets = await gone.forget(textIn(body, 'host'));
  return subnets.ok ? { status: 200, body: { subnets: subnets.value } } : refusal(400, subnets.problem);
}

async function rolled({ roll }: ControlSources, body: unknown): Promise<ControlAnswer> {
  const request = parseRollRequest(body);
  if (!request.ok) return refusal(400, request.problem);
  const started = await roll(request.value);
  return started.ok ? { status: 200, body: null, stream: started.run } : refusal(400, ...started.problems);
}

function textIn(body: unknown, key: string): string {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : null;
  return typeof value === 'string' ? value : '';
}
