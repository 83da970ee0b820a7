import { backendSection } from './backend-section.ts';
import { NAMES_SECTION, SPARE_KINDS, type SpareKind, spareBackend, spareDefaults, spareSections } from './names.ts';
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

/** Sections for backends that come at run time. What they have in common is in defaults of their own. */
export function createSpares(templates: Templates, httpsPort: number): Spares {
  const kinds = KINDS.map((kind) => {
    const defaults = spareDefaults(kind, httpsPort);
    const context = { custom: undefined, defaults: 'drover', httpsPort, gzip: true };
    const { section, shape } = backendSection(templates, spareBackend(kind, defaults), context);
    const sections = spareSections(defaults);
    return { shape, sections, text: spareText(section.text, defaults, sections) };
  });
  return {
    sections: kinds.map(({ text }) => ownSection(text)),
    byShape: new Map(kinds.map(({ shape, sections }) => [shape, sections])),
  };
}

/** `text`: of a section with the name of the defaults. */
function spareText(text: string, defaults: string, sections: readonly string[]): string {
  const common = text.replaceAll(COMMENT, '').replace('\nbackend ', '\ndefaults ');
  return [common, ...sections.map((name) => `backend ${name} from ${defaults}`), ''].join('\n');
}

/** The other sections have it. */
const COMMENT = /^ *#.*\n/gm;

/**
 * It makes HAProxy read the maps: what stands in a format, as for logs and for `use_backend`, is parsed too late for a file beside the
 * configuration. `samples`: expressions with maps.
 */
export function namesPart(samples: readonly string[]): Section {
  const lines = [`be_name,map_str(${mapFile(NAMES)})`, ...samples].map(
    (sample) => `  http-request set-var(txn.section) ${sample}\n`,
  );
  return ownSection(`
# The backends that sections are for. A backend that comes at run time gets one of the spare sections below.
backend ${NAMES_SECTION} from drover
  mode http
${lines.join('')}`);
}

function ownSection(text: string): Section {
  return { text, owner: { kind: 'drover' }, lineOwners: new Map() };
}
