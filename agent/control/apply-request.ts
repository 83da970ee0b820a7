import { z } from 'zod';
import type { Problem, Result } from '../../model/index.ts';
import { parseBody } from './request-body.ts';

/** Body of `POST /v1/apply`: the texts of manifests, and how to apply them. */
export interface ApplyRequest {
  readonly files: readonly {
    readonly path: string;
    readonly text: string;
    /** Texts of the files it refers to, by their path from its folder. */
    readonly attached: Readonly<Record<string, string>>;
  }[];
  /** Stack of services without a stack of their own. */
  readonly stack: string | null;
  /** Values of `${NAME}`. */
  readonly variables: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  /** Also removes declarations of the same stacks that are not in the manifests. */
  readonly prune: boolean;
}

export interface ApplyOutcome {
  /** Lines in order: `+ shop/web (service)`. */
  readonly changes: readonly string[];
  /** Manifests, or parts of them, that were not applied; the others were. */
  readonly problems: readonly Problem[];
  /** Keys that Drover does not use, and other notes. */
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
  return parseBody(schema, body);
}
