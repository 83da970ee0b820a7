import { checkLengths, ok, type Result } from '../../model/index.ts';
import {
  type DependencyRecorder,
  type FoundAsker,
  findAsker,
  type HostView,
  type LinkTarget,
  type Scope,
  type SearchStory,
  scopeOf,
  searchStory,
  type TriedName,
} from '../../view/index.ts';
import { renderAny } from '../answer/any.ts';
import { type OwnResolution, renderReply } from '../answer/render.ts';
import { resolve } from '../answer/resolve.ts';
import type { ResolveOptions } from '../answer/resolve-context.ts';
import { reverseAddress } from '../answer/reverse.ts';
import type { Question } from '../query/question.ts';
import type { Resolution } from '../query/resolution.ts';
import { ruledNames } from '../upstream/choice/choice.ts';
import { rcodeName, TYPE } from '../wire/codes.ts';
import { typeName } from '../wire/type-names.ts';
import { clientQueries } from './client-queries.ts';
import { explainEndpoints } from './explain-endpoints.ts';
import { explainForward, type ForwardSettings } from './explain-forward.ts';
import type { ExplainedReply, Explanation } from './explanation.ts';
import { explainRecord } from './record-text.ts';
import { suggestName } from './suggest.ts';

export interface ExplainSettings extends Omit<ResolveOptions, 'ruled'> {
  /** TTL of our own names. */
  readonly ttlSeconds: number;
  readonly forward: ForwardSettings;
}

export interface Asked {
  /** In any case, with or without trailing dot. */
  readonly name: string;
  readonly type: number;
  /** A container by name or id, or an address; null: any other asker. */
  readonly from: string | null;
}

/** A question and the settings of the server, as the command line sends them to the agent. */
export interface WhyRequest {
  readonly asked: Asked;
  readonly settings: ExplainSettings;
}

/** Explains an answer with the functions that the server itself uses. A problem if `from` is not known, or if no query can have the name. */
export function explain(view: HostView, { name, type, from }: Asked, settings: ExplainSettings): Result<Explanation> {
  const asker = findAsker(view, from);
  if (!asker.ok) return asker;
  const sized = checkLengths(name);
  if (!sized.ok) return sized;
  const question = { name: name.toLowerCase().replace(/\.$/, ''), type };
  return ok(explainFor(asker.value, question, settings, name.endsWith('.')));
}

function explainFor(
  asker: FoundAsker,
  question: Question,
  settings: ExplainSettings,
  isAbsolute: boolean,
): Explanation {
  const { view, container } = asker;
  const { name, type } = question;
  const scope = scopeOf(view, container);
  const tried: TriedName[] = [];
  const recorder: DependencyRecorder = { depends: () => {}, tried: (one) => tried.push(one) };
  const ruled = ruledNames(settings.forward.rules);
  const resolution = resolve(view, scope, question, { ...settings, ruled }, recorder);
  const chain = chainOf(name, resolution);
  const { endpoints, notes } = explainEndpoints({ ...settings, view, scope, type, recorder: undefined }, chain);
  const leaves = resolution.kind === 'upstream-alias' && type !== TYPE.ANY;
  const forwarded = resolution.kind === 'forward' ? name : leaves ? resolution.target.slice(0, -1) : null;
  return {
    name,
    type: typeName(type),
    revision: view.revision,
    host: view.snapshot.hosts.get(view.hostId)?.host?.name ?? view.hostId,
    asker: {
      label: asker.label,
      address: asker.address,
      search: scope.search.map((domain) => domain.slice(0, -1)),
      links: [...scope.links].map(([link, target]) => ({ name: link, target: targetText(target) })),
      dns: scope.dns,
    },
    search: searchOf(view, scope, name, settings),
    queries: isAbsolute ? [] : clientQueries(view, scope, question, settings),
    suggestion: isUnknown(resolution) ? suggestName(view, scope, name) : null,
    tried,
    reply: explainReply(view, question, resolution, settings),
    endpoints,
    forward: forwarded === null ? null : explainForward(forwarded, scope, settings.forward),
    notes: [...asker.notes, ...notes, ...viewNotes(view, scope)],
  };
}

/** Not one of Drover's names: it may be a mistyped one. */
function isUnknown({ kind }: Resolution): boolean {
  return kind === 'nxdomain' || kind === 'forward';
}

function searchOf(view: HostView, scope: Scope, name: string, { search }: ExplainSettings): SearchStory {
  if (reverseAddress(name)) return { suffix: null, applies: false, reason: 'it is a reverse lookup' };
  return searchStory(view, scope, name, search);
}

/** The queried name and the targets of the aliases that were followed. */
function chainOf(name: string, resolution: Resolution): readonly string[] {
  const aliases = 'aliases' in resolution ? resolution.aliases : 'alias' in resolution ? [resolution.alias] : [];
  return [name, ...aliases.map(({ target }) => target.slice(0, -1))];
}

function targetText(target: LinkTarget): string {
  return target.kind === 'service' ? `service ${target.key}` : `container ${target.container.name}`;
}

function viewNotes({ snapshot }: HostView, { container }: Scope): readonly string[] {
  const off = container?.labels['io.rancher.container.dns'] === 'false' || container?.labels['drover.dns'] === 'false';
  return [
    ...(snapshot.complete ? [] : ['the first complete snapshot of the environment has not been loaded yet']),
    ...(off ? [`a label of ${container?.name} opts out of this server; its resolv.conf is not changed`] : []),
  ];
}

function explainReply(
  view: HostView,
  question: Question,
  resolution: Resolution,
  settings: ExplainSettings,
): ExplainedReply {
  const nothing = { answers: [], additionals: [] };
  if (resolution.kind === 'forward') return { rcode: null, meaning: meaningOf(view, question, resolution), ...nothing };
  if (resolution.kind === 'failure')
    return { rcode: 'SERVFAIL', meaning: meaningOf(view, question, resolution), ...nothing };
  const own = ownPart(resolution);
  const render = question.type === TYPE.ANY ? renderAny : renderReply;
  const primary = view.snapshot.environment.suffixes[0] ?? '';
  const reply = render(question, own, { primary, serial: view.revision, ttlSeconds: settings.ttlSeconds });
  const decidesElsewhere = resolution.kind === 'upstream-alias' && question.type !== TYPE.ANY;
  return {
    rcode: decidesElsewhere ? null : rcodeName(reply.rcode),
    meaning: meaningOf(view, question, resolution),
    answers: reply.answers.flatMap((record) => ('wireName' in record ? [] : explainRecord(record))),
    additionals: (reply.additionals ?? []).map(explainRecord),
  };
}

/** The part of an alias chain that is answered without an upstream. */
function ownPart(resolution: Exclude<Resolution, { kind: 'forward' | 'failure' }>): OwnResolution {
  if (resolution.kind !== 'upstream-alias') return resolution;
  return { kind: 'nodata', aliases: resolution.aliases, zone: '.' };
}

/** The resolution in one sentence. */
function meaningOf(view: HostView, { name, type }: Question, resolution: Resolution): string {
  const wanted = typeName(type);
  switch (resolution.kind) {
    case 'addresses':
      if (resolution.addresses.length === 1) return 'the only address';
      return resolution.give === 'one'
        ? `one of these addresses, in rotation${resolution.weights ? ' by weight' : ''}`
        : `all of these addresses, in rotation${resolution.weights ? ' by weight' : ''}`;
    case 'upstream-alias':
      return resolution.otherwise.length === 0
        ? `an alias for the external name ${resolution.target}, which is forwarded`
        : `an alias for the external name ${resolution.target}, which is forwarded; without an answer: ${resolution.otherwise.join(' ')}`;
    case 'alias':
      return `an alias for ${resolution.alias.target}`;
    case 'pointer':
      return `${reverseAddress(name)?.address ?? name} is the address of ${resolution.target}`;
    case 'services':
      return 'the ports of its endpoints';
    case 'texts':
      return 'the TXT records of its manifest';
    case 'soa':
    case 'name-server':
      return 'the suffix itself; this server is authoritative for it';
    case 'nodata':
      return type === TYPE.ANY
        ? 'the name exists; ANY does not list its records [RFC 8482]'
        : `the name exists but has no ${wanted} records`;
    case 'nxdomain':
      return 'the name does not exist; it is not forwarded';
    case 'forward':
      return 'the name is not one of ours';
    case 'failure':
      return view.snapshot.complete
        ? 'its aliases form a loop or a chain of more than 10'
        : 'the name is not known yet; the first complete snapshot has not been loaded';
  }
}
