import { z } from 'zod';
import { DRAIN_FACT, type DrainReport } from '../model/index.ts';
import { count } from './fields.ts';
import type { HostDraft } from './host-draft.ts';
import { defineKind } from './kind.ts';

const drainReportSchema: z.ZodType<DrainReport> = z.object({ sessions: z.record(z.string(), count) });

/** Fact `drain`: for the agent that replaces containers; the servers do not read it. */
export const drainReportKind = defineKind<DrainReport, HostDraft>({
  name: DRAIN_FACT,
  idSegments: 0,
  schema: drainReportSchema,
  set: (draft, id, report) => draft.ofKind(DRAIN_FACT).set(id, report),
  remove: (draft, id) => draft.ofKind(DRAIN_FACT).delete(id),
  forRole: () => undefined,
});
