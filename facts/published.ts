import { z } from 'zod';
import { PUBLISHED_FACT } from '../model/index.ts';
import { hostKindOf } from './host-kind.ts';

/** Fact `published`: which of two services that claim the same keeps it. */
export const publishedKind = hostKindOf(PUBLISHED_FACT, z.object({ since: z.record(z.string(), z.number()) }));
