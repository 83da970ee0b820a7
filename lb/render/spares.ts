import { backendSection } from './backend-section.ts';
import { NAMES_SECTION, SPARE_KINDS, type SpareKind, spareBackend, spareSections } from './names.ts';
import { mapFile, NAMES } from './run-time-maps.ts';
import type { Section } from './section.ts';
import type { Templates } from './templates.ts';

export interface Spares {
  readonly sections: readonly Section[];
  /** The spare sections that a backend can have, by its shape (`BackendSection`). */
  readonly byShape: ReadonlyMap<string, readonly string[]>;
}

export const NO_SPARES: Spares = { sections: [], byShape: new Map() };

const KINDS = Object.keys(SPARE_KINDS) as readonly SpareKind[];

/** Sections for backends that come at run time. */
export function createSpares(templates: Templates, httpsPort: number): Spares {
  const kinds = KINDS.map((kind) => {
    const names = spareSections(kind, httpsPort);
    const sections = names.map((name) =>
      backendSection(templates, spareBackend(kind, name), {
        custom: undefined,
        defaults: 'drover',
        httpsPort,
        gzip: true,
      }),
    );
    return { names, sections };
  });
  return {
    sections: kinds.flatMap(({ sections }) =>
      sections.map(({ section }) => ownSection(section.text.replaceAll(COMMENT, ''))),
    ),
    byShape: new Map(kinds.map(({ names, sections }) => [sections[0]?.shape ?? '', names])),
  };
}

/** The other sections have it. */
const COMMENT = /^ *#.*\n/gm;

/** It makes HAProxy read the map: formats of logs are parsed too late for a file beside the configuration. */
export const NAMES_PART: Section = ownSection(`
# The backends that sections are for. A backend that comes at run time gets one of the spare sections below.
backend ${NAMES_SECTION} from drover
  mode http
  http-request set-var(txn.backend) be_name,map_str(${mapFile(NAMES)})
`);

function ownSection(text: string): Section {
  return { text, owner: { kind: 'drover' }, lineOwners: new Map() };
}
