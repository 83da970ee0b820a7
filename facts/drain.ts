import { z } from 'zod';
import { DRAINING_FACT, SESSIONS_FACT } from '../model/index.ts';
import { count, text } from './fields.ts';
import { hostKindOf } from './host-kind.ts';

/** Fact `draining`. The servers do not read it: the container is `stopping` for them. */
export const drainingKind = hostKindOf(DRAINING_FACT, z.object({ containers: z.array(text) }));

/** Fact `sessions`: for the agent that replaces containers. */
export const sessionsKind = hostKindOf(SESSIONS_FACT, z.object({ sessions: z.record(z.string(), count) }));
