import { z } from 'zod';
import type { Problem, Result } from '../../model/index.ts';
import { parseBody } from './request-body.ts';

/** Body of `POST /v1/roll`. */
export interface RollRequest {
  readonly stack: string;
  readonly service: string;
  /** Name or id of the image; null: the one that the image name of each container means now. */
  readonly image: string | null;
  readonly stopFirst: boolean;
  readonly shareVolumes: boolean;
  /** Also containers that have the image already. */
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly readyTimeoutMs: number;
  /** Null: that of the load balancers of the service. */
  readonly drainTimeoutMs: number | null;
}

/** The reply is one event a line. */
export type RollEvent =
  | { readonly kind: 'plan'; readonly containers: readonly PlannedContainer[] }
  /** `container` null: about the service. */
  | { readonly kind: 'step'; readonly container: string | null; readonly text: string }
  | { readonly kind: 'failed'; readonly problem: Problem }
  | {
      readonly kind: 'end';
      readonly rolled: number;
      /** Containers that had the image already, or do not run. */
      readonly skipped: number;
      readonly failed: boolean;
      /** Hosts whose containers have another image, by name. */
      readonly others: readonly OtherHost[];
    };

export interface PlannedContainer {
  readonly container: string;
  /** Why it is left as it is; null: it is replaced. */
  readonly skipped: string | null;
  /** The image of the new container: its name, and its id. */
  readonly image: string;
  readonly imageId: string;
  readonly steps: readonly string[];
}

export interface OtherHost {
  readonly host: string;
  readonly containers: number;
}

const MAX_TIMEOUT_MS = 86_400_000;
const timeout = z.int().min(0).max(MAX_TIMEOUT_MS);

const schema = z.strictObject({
  stack: z.string().min(1),
  service: z.string().min(1),
  image: z.string().min(1).nullable(),
  stopFirst: z.boolean(),
  shareVolumes: z.boolean(),
  force: z.boolean(),
  dryRun: z.boolean(),
  readyTimeoutMs: timeout,
  drainTimeoutMs: timeout.nullable(),
});

export function parseRollRequest(body: unknown): Result<RollRequest> {
  return parseBody(schema, body);
}

/** A roll that was planned; `run` does it. Problems: nothing was changed. */
export type StartedRoll =
  | { readonly ok: true; readonly run: (emit: (event: RollEvent) => void, gone: AbortSignal) => Promise<void> }
  | { readonly ok: false; readonly problems: readonly Problem[] };
