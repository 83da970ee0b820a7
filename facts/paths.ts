import { z } from 'zod';
import { type HostPaths, PATHS_FACT } from '../model/index.ts';
import { text } from './fields.ts';
import { hostKindOf } from './host-kind.ts';

const schema: z.ZodType<HostPaths> = z.object({ silent: z.array(text), unheard: z.array(text) });

/** Fact `paths`: which paths of the host do not work. */
export const pathsKind = hostKindOf(PATHS_FACT, schema);
