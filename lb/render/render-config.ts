import { join } from 'node:path';
import type { RuleProblem } from '../table/rule-problem.ts';
import type { LbTable } from '../table/table.ts';
import { createAttempt } from './attempt.ts';
import { backendSection } from './backend-section.ts';
import { shortHash } from './hash.ts';
import { listenerSection } from './listener-section.ts';
import { word } from './quote.ts';
import type { RenderedConfig, RenderSettings } from './rendered-config.ts';
import { checkRule } from './routes.ts';
import { createLineOwners, type Section } from './section.ts';
import { loadTemplates, type Templates } from './templates.ts';

/** Same table and settings, same configuration. */
export type RenderConfig = (table: LbTable, settings: RenderSettings) => Promise<RenderedConfig>;

export function createRenderer(): RenderConfig {
  let templates: Promise<Templates> | null = null;
  return async (table, settings) => {
    templates ??= loadTemplates();
    return renderTable(await templates, table, settings);
  };
}

function renderTable(templates: Templates, table: LbTable, settings: RenderSettings): RenderedConfig {
  const problems: RuleProblem[] = [];
  const attempt = createAttempt(problems);
  const backends = table.backends.flatMap((backend) => {
    const { balancer: service, name } = backend;
    const written = attempt({ service, subject: `backend ${name}` }, () => backendSection(templates, backend));
    return written === null ? [] : [[name, written] as const];
  });
  const names = new Set(backends.map(([name]) => name));
  const listeners = table.listeners.map((listener) => {
    const rules = listener.rules.filter((rule) => {
      if (!names.has(rule.backend)) return false;
      return attempt({ service: rule.balancer, subject: rule.name }, () => checkRule(rule)) !== null;
    });
    return listenerSection(templates, listener, rules, settings);
  });
  const structure = shortHash(
    globalSection(templates, '', settings).text,
    ...listeners.map(({ section }) => section.text),
    ...backends.map(([, { head, rendered }]) => head + rendered.serverParameters),
  );
  const sections = [
    globalSection(templates, structure, settings),
    ...listeners.map(({ section }) => section),
    ...backends.map(([, { section }]) => section),
  ];
  return {
    files: new Map([
      ['haproxy.cfg', sections.map(({ text }) => text).join('')],
      ...listeners.flatMap(({ files }) => [...files]),
    ]),
    structure,
    backends: new Map(backends.map(([name, { rendered }]) => [name, rendered])),
    ownerOf: createLineOwners(sections),
    problems,
  };
}

function globalSection(templates: Templates, structure: string, settings: RenderSettings): Section {
  const text = templates.haproxy({
    description: `drover-${structure}`,
    socket: word(join(settings.directory, 'admin.sock')),
    oldConnectionsMs: settings.oldConnectionsMs,
  });
  return { text, owner: { kind: 'drover' }, lineOwners: new Map() };
}
