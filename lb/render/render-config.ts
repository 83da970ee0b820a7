import { join } from 'node:path';
import { keepIdentical } from '../../reconcile/index.ts';
import { type CustomContext, type CustomText, readCustom } from '../custom/index.ts';
import type { RuleProblem } from '../table/rule-problem.ts';
import type { Backend, CustomConfig, LbTable, Listener } from '../table/table.ts';
import { type Attempt, attempt } from './attempt.ts';
import { type BackendSection, backendSection } from './backend-section.ts';
import { customSections, defaultsName, mergeGlobal } from './custom-sections.ts';
import { shortHash } from './hash.ts';
import { type ListenerSection, listenerSection } from './listener-section.ts';
import { createMemo, type Memo } from './memo.ts';
import { word } from './quote.ts';
import type { RenderedConfig, RenderSettings } from './rendered-config.ts';
import { nameFiles } from './run-time-maps.ts';
import { mapTexts, renderedBackends } from './run-time-parts.ts';
import { createLineOwners, customOwners, type Section } from './section.ts';
import { createSpares, NO_SPARES, namesPart, type Spares } from './spares.ts';
import { loadTemplates, type Templates } from './templates.ts';

/** Same table and settings, same configuration. What has not changed since the last call is not written again. */
export type RenderConfig = (table: LbTable, settings: RenderSettings) => Promise<RenderedConfig>;

export function createRenderer(): RenderConfig {
  let templates: Promise<Templates> | null = null;
  const memos: Memos = {
    ...{ custom: createMemo(), backend: createMemo(), listener: createMemo() },
    spares: keepIdentical(createSpares),
  };
  return async (table, settings) => {
    templates ??= loadTemplates();
    return renderTable(await templates, memos, table, settings);
  };
}

interface Memos {
  readonly custom: Memo<CustomConfig, CustomText>;
  readonly backend: Memo<Backend, Attempt<BackendSection>>;
  readonly listener: Memo<Listener, ListenerSection>;
  readonly spares: (templates: Templates, httpsPort: number) => Spares;
}

function renderTable(templates: Templates, memos: Memos, table: LbTable, settings: RenderSettings): RenderedConfig {
  const customs = readCustoms(memos, table);
  const backends = backendSections(templates, memos, table, customs, settings);
  const listeners = listenerSections(templates, memos, table, customs, missingFrom(table, backends), settings);
  const written = backends.flatMap(({ written }) => written ?? []);
  const spares = sparesFor(templates, memos, table.listeners);
  const rendered = renderedBackends(written, spares, table, listeners);
  const { lines, problems } = mergeGlobal([...customs.values()]);
  const own = customSections([...customs.values()]);
  const global = (structure: string) => globalSection(templates, structure, { table, settings, customs, lines });
  const structure = shortHash(
    global('').text,
    ...own.sections.map(({ text }) => text),
    ...listeners.map((one) => one.structure),
    ...written.filter(({ name }) => rendered.get(name)?.spares.length === 0).map((one) => one.structure),
    ...spares.sections.map(({ text }) => text),
  );
  const sections = [
    global(structure),
    ...own.sections,
    ...listeners.map(({ section }) => section),
    ...written.map(({ section }) => section),
    namesPart(listeners.flatMap(({ simple }) => simple?.sample ?? [])),
    ...spares.sections,
  ];
  const rules = new Map(listeners.flatMap(({ simple }) => (simple ? [[simple.map, simple.backends] as const] : [])));
  const named = nameFiles(
    sections.map(({ text }) => text).join(''),
    mapTexts(table, { backends: rendered, rules }, spares),
  );
  return {
    files: new Map([['haproxy.cfg', named.text], ...named.files, ...listeners.flatMap(({ files }) => [...files])]),
    structure,
    rules,
    backends: rendered,
    ownerOf: createLineOwners(sections),
    ownBound: [...customs.values()].flatMap(({ balancer, bound }) => bound.map((one) => ({ ...one, balancer }))),
    problems: [
      ...[...customs.values()].flatMap((custom) => custom.problems),
      ...problems,
      ...own.problems,
      ...backends.flatMap(({ problem }): readonly RuleProblem[] => (problem === null ? [] : [problem])),
      ...listeners.flatMap((listener) => listener.problems),
    ],
  };
}

type Customs = ReadonlyMap<string, CustomText>;

function readCustoms(memos: Memos, { customConfigs, listeners, backends }: LbTable): Customs {
  if (customConfigs.length === 0) return new Map();
  const ofTable = {
    listeners: new Map(listeners.map(({ port, balancers }) => [String(port), balancers])),
    backends: new Map(backends.map(({ name, balancer }) => [name, balancer])),
  };
  const key = JSON.stringify([[...ofTable.listeners], [...ofTable.backends]]);
  const customs = new Map<string, CustomText>();
  for (const config of customConfigs) {
    const context: CustomContext = {
      ...ofTable,
      takenPorts: [...customs.values()].flatMap(({ bound }) => bound.map(({ port }) => port)),
    };
    const inputs = [key, context.takenPorts.join()];
    customs.set(
      config.balancer,
      memos.custom(config, inputs, () => readCustom(config, context)),
    );
  }
  return customs;
}

function backendSections(
  templates: Templates,
  memos: Memos,
  table: LbTable,
  customs: Customs,
  { gzip }: RenderSettings,
): readonly Attempt<BackendSection>[] {
  return table.backends.map((backend) => {
    const { balancer, name } = backend;
    const custom = customs.get(balancer);
    const httpsPort = httpsPortFor(balancer, table.listeners);
    return memos.backend(backend, [custom, httpsPort, gzip], () =>
      attempt({ service: balancer, subject: `backend ${name}` }, () =>
        backendSection(templates, backend, { custom, defaults: defaultsName(custom), httpsPort, gzip }),
      ),
    );
  });
}

/** Where http requests of a balancer are redirected to. */
function httpsPortFor(balancer: string, listeners: readonly Listener[]): number {
  const https = listeners.filter(({ protocol }) => protocol === 'https');
  const own = https.filter(({ balancers }) => balancers.includes(balancer));
  const candidates = own.length > 0 ? own : https;
  return candidates.find(({ port }) => port === 443)?.port ?? candidates[0]?.port ?? 443;
}

const NONE: ReadonlySet<string> = new Set();

function missingFrom({ backends }: LbTable, sections: readonly Attempt<BackendSection>[]): ReadonlySet<string> {
  const missing = backends.filter((_, at) => sections[at]?.written === null);
  return missing.length === 0 ? NONE : new Set(missing.map(({ name }) => name));
}

function listenerSections(
  templates: Templates,
  memos: Memos,
  { listeners }: LbTable,
  customs: Customs,
  missing: ReadonlySet<string>,
  settings: RenderSettings,
): readonly ListenerSection[] {
  return listeners.map((listener) => {
    const [balancer = '', ...others] = listener.balancers;
    const custom = others.length > 0 ? undefined : customs.get(balancer);
    const each = listener.balancers.map((name) => customs.get(name));
    const inputs = [custom, missing, listener.certificates && settings.certificates, ...each];
    const context = {
      custom,
      customs: each.filter((one) => one !== undefined),
      defaults: defaultsName(custom),
      missing,
    };
    return memos.listener(listener, inputs, () => listenerSection(templates, listener, context, settings));
  });
}

function sparesFor(templates: Templates, memos: Memos, listeners: readonly Listener[]): Spares {
  if (!listeners.some(({ protocol }) => protocol === 'http' || protocol === 'https')) return NO_SPARES;
  return memos.spares(templates, httpsPortFor('', listeners));
}

interface GlobalContext {
  readonly table: LbTable;
  readonly settings: RenderSettings;
  readonly customs: Customs;
  readonly lines: ReturnType<typeof mergeGlobal>['lines'];
}

function globalSection(
  templates: Templates,
  structure: string,
  { table, settings, customs, lines }: GlobalContext,
): Section {
  const withDefaults = [...customs.values()].filter(({ defaults }) => defaults.length > 0);
  const text = templates.haproxy({
    description: `drover-${structure}`,
    socket: word(join(settings.directory, 'admin.sock')),
    oldConnectionsMs: settings.oldConnectionsMs,
    custom: lines.map(({ line }) => line),
    customDefaults: withDefaults.map((custom) => ({ name: defaultsName(custom), lines: custom.defaults })),
    resolvers: table.backends.some(({ namedServers }) => namedServers.length > 0),
  });
  const lineOwners = new Map([
    ...lines.flatMap(({ line, balancer }) => customOwners([line], balancer)),
    ...withDefaults.flatMap(({ defaults, balancer }) => customOwners(defaults, balancer)),
  ]);
  return { text, owner: { kind: 'drover' }, lineOwners };
}
