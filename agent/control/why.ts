import { z } from 'zod';
import { type ExplainSettings, type Explanation, explain, type WhyRequest } from '../../dns/index.ts';
import { explainPath, type MetadataExplanation, type MetadataWhyRequest } from '../../metadata/index.ts';
import { isJsonObject, ok, type Result } from '../../model/index.ts';
import type { HostView } from '../../view/index.ts';
import { SERVERS, type ServerName } from '../children/server-table.ts';
import { parseBody } from './request-body.ts';
import type { AgentStatus } from './status.ts';

const upstreams = z.array(z.string()).max(100);

const settingsSchema: z.ZodType<ExplainSettings> = z.strictObject({
  metadataAddress: z.string(),
  search: z.enum(['own', 'every']),
  ttlSeconds: z.int().min(0),
  forward: z.strictObject({
    upstreams,
    rules: z.array(z.strictObject({ suffix: z.string(), upstreams })).max(1_000),
    ourselves: z.array(z.strictObject({ address: z.string(), port: z.int() })).max(10),
  }),
});

const dnsSchema: z.ZodType<WhyRequest> = z.strictObject({
  asked: z.strictObject({
    name: z.string().max(1_000),
    type: z.int().min(0).max(65_535),
    from: z.string().max(1_000).nullable(),
  }),
  settings: settingsSchema,
});

const metadataSchema: z.ZodType<MetadataWhyRequest> = z.strictObject({
  asked: z.strictObject({ path: z.string().max(10_000), from: z.string().max(1_000).nullable() }),
  settings: z.strictObject({ resolver: z.string() }),
});

/** Explains from the newest state, and adds a note if the server that answers has an older one. */
export type ExplainNow = (
  view: HostView,
  status: AgentStatus,
  body: unknown,
) => Result<Explanation | MetadataExplanation>;

/** Answers `POST /v1/why/dns`. The settings of the server that answers count, not those of the command. */
export const explainDns: ExplainNow = (view, status, body) =>
  explained(status, 'dns', parseBody(dnsSchema, body), ({ asked, settings }) =>
    explain(view, asked, settingsOfServer(status) ?? settings),
  );

/** As the DNS server reports them; null: it is not connected, or of an earlier version. */
function settingsOfServer({ processes }: AgentStatus): ExplainSettings | null {
  const report = processes.find(({ name }) => name === 'dns')?.report;
  const parsed = settingsSchema.safeParse(isJsonObject(report) ? report.settings : null);
  return parsed.success ? parsed.data : null;
}

/** Answers `POST /v1/why/metadata`. */
export const explainMetadata: ExplainNow = (view, status, body) =>
  explained(status, 'metadata', parseBody(metadataSchema, body), (request) => explainPath(view, request));

function explained<R, E extends { readonly notes: readonly string[] }>(
  status: AgentStatus,
  role: ServerName,
  request: Result<R>,
  explainIt: (request: R) => Result<E>,
): Result<E> {
  const result = request.ok ? explainIt(request.value) : request;
  if (!result.ok) return result;
  return ok({ ...result.value, notes: [...result.value.notes, ...serverNotes(status, role)] });
}

/** Why the answer of the server may differ from this explanation. */
function serverNotes({ processes, state }: AgentStatus, role: ServerName): readonly string[] {
  const what = SERVERS[role].title;
  const server = processes.find(({ name }) => name === role);
  if (!server?.serving) return [`the ${what} of this host does not answer at the moment: see \`drover status\``];
  const { appliedRevision } = server;
  if (appliedRevision === null || appliedRevision >= state.revision) return [];
  return [`the ${what} still has revision ${appliedRevision} and has not received revision ${state.revision} yet`];
}
