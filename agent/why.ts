import { z } from 'zod';
import { type Explanation, explain, type WhyRequest } from '../dns/index.ts';
import { explainPath, type MetadataExplanation, type MetadataWhyRequest } from '../metadata/index.ts';
import { problem, type Result } from '../model/index.ts';
import type { HostView } from '../view/index.ts';
import type { AgentStatus } from './status.ts';

const upstreams = z.array(z.string()).max(100);

const dnsSchema: z.ZodType<WhyRequest> = z.strictObject({
  asked: z.strictObject({
    name: z.string().max(1_000),
    type: z.int().min(0).max(65_535),
    from: z.string().max(1_000).nullable(),
  }),
  settings: z.strictObject({
    metadataAddress: z.string(),
    search: z.enum(['own', 'every']),
    ttlSeconds: z.int().min(0),
    forward: z.strictObject({
      upstreams,
      rules: z.array(z.strictObject({ suffix: z.string(), upstreams })).max(1_000),
      ourselves: z.array(z.strictObject({ address: z.string(), port: z.int() })).max(10),
    }),
  }),
});

const metadataSchema: z.ZodType<MetadataWhyRequest> = z.strictObject({
  asked: z.strictObject({ path: z.string().max(10_000), from: z.string().max(1_000).nullable() }),
  settings: z.strictObject({ resolver: z.string() }),
});

/** Answers `POST /v1/why/dns` from the newest state, and says so where the server that answers has an older one. */
export function explainDns(view: HostView, status: AgentStatus, body: unknown): Result<Explanation> {
  const parsed = dnsSchema.safeParse(body);
  if (!parsed.success) return problem('request body', z.prettifyError(parsed.error), 'see WhyRequest in dns/explain');
  const { asked, settings } = parsed.data;
  const explained = explain(view, asked, settings);
  if (!explained.ok) return explained;
  return { ok: true, value: { ...explained.value, notes: [...explained.value.notes, ...serverNotes(status, 'dns')] } };
}

/** Answers `POST /v1/why/metadata` in the same way. */
export function explainMetadata(view: HostView, status: AgentStatus, body: unknown): Result<MetadataExplanation> {
  const parsed = metadataSchema.safeParse(body);
  if (!parsed.success) {
    return problem('request body', z.prettifyError(parsed.error), 'see MetadataWhyRequest in metadata/explain');
  }
  const explained = explainPath(view, parsed.data);
  if (!explained.ok) return explained;
  return {
    ok: true,
    value: { ...explained.value, notes: [...explained.value.notes, ...serverNotes(status, 'metadata')] },
  };
}

const SERVERS = { dns: 'DNS server', metadata: 'metadata server' } as const;

/** Why what the server answers may differ from what we say here. */
function serverNotes({ processes, state }: AgentStatus, role: keyof typeof SERVERS): readonly string[] {
  const what = SERVERS[role];
  const server = processes.find(({ name }) => name === role);
  if (!server?.serving) return [`the ${what} of this host does not answer now: see \`drover status\``];
  const { appliedRevision } = server;
  if (appliedRevision === null || appliedRevision >= state.revision) return [];
  return [`the ${what} still has revision ${appliedRevision}: ${state.revision} is on its way to it`];
}
