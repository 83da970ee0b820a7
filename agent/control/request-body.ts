import { z } from 'zod';
import { ok, problem, type Result } from '../../model/index.ts';

/** The body of a request of the command line. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): Result<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return ok(parsed.data);
  const hint = 'use the `drover` command of the same version as the agent';
  return problem('request body', z.prettifyError(parsed.error), hint);
}
