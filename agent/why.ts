import { z } from 'zod';
import { type Explanation, explain, type WhyRequest } from '../dns/index.ts';
import { problem, type Result } from '../model/index.ts';
import type { HostView } from '../view/index.ts';
import type { AgentStatus } from './status.ts';

const upstreams = z.array(z.string()).max(100);

const schema: z.ZodType<WhyRequest> = z.strictObject({
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

/** Answers `POST /v1/why` from the newest state, and says so where the server that answers has an older one. */
export function explainNow(view: HostView, status: AgentStatus, body: unknown): Result<Explanation> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) return problem('request body', z.prettifyError(parsed.error), 'see WhyRequest in dns/explain');
  const { asked, settings } = parsed.data;
  const explained = explain(view, asked, settings);
  if (!explained.ok) return explained;
  return { ok: true, value: { ...explained.value, notes: [...explained.value.notes, ...serverNotes(status)] } };
}

/** Why what the server answers may differ from what we say here. */
function serverNotes({ processes, state }: AgentStatus): readonly string[] {
  const server = processes.find(({ name }) => name === 'dns');
  if (!server?.serving) return ['the DNS server of this host does not answer now: see `drover status`'];
  const { appliedRevision } = server;
  if (appliedRevision === null || appliedRevision >= state.revision) return [];
  return [`the DNS server still has revision ${appliedRevision}: ${state.revision} is on its way to it`];
}
