import { z } from 'zod';
import { type Problem, problem, type Result } from '../../model/index.ts';

/** Body of `POST /v1/apply`: manifests as written, and what to do with them. */
export interface ApplyRequest {
  readonly files: readonly {
    readonly path: string;
    readonly text: string;
    /** Texts of the files it names, by the name it gives them. */
    readonly attached: Readonly<Record<string, string>>;
  }[];
  /** Stack of services that name none. */
  readonly stack: string | null;
  /** What `${NAME}` stands for. */
  readonly variables: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  /** Also removes declarations of the manifests' stacks that are not in them. */
  readonly prune: boolean;
}

export interface ApplyOutcome {
  /** One line each, in order: `create shop/web`. */
  readonly changes: readonly string[];
  /** Manifests, or parts of them, that were not applied; the others were. */
  readonly problems: readonly Problem[];
  /** Keys that are somebody else's business. */
  readonly ignored: readonly Problem[];
}

const schema = z.strictObject({
  files: z.array(
    z.strictObject({
      path: z.string(),
      text: z.string(),
      attached: z.record(z.string(), z.string()).default({}),
    }),
  ),
  stack: z.string().min(1).nullable(),
  variables: z.record(z.string(), z.string()),
  dryRun: z.boolean(),
  prune: z.boolean(),
});

export function parseApplyRequest(body: unknown): Result<ApplyRequest> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, value: parsed.data };
  return problem('request body', z.prettifyError(parsed.error), 'see ApplyRequest in agent/control/apply-request.ts');
}
