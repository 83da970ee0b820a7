import { ok, type Result } from '../../model/index.ts';
import {
  type FoundAsker,
  findAsker,
  type HostView,
  type LinkTarget,
  type Scope,
  type SearchStory,
  scopeOf,
  searchStory,
  type Trail,
  type TriedName,
} from '../../view/index.ts';
import { renderAny } from '../answer/any.ts';
import type { ResolveOptions } from '../answer/asking.ts';
import { type OwnResolution, renderReply } from '../answer/render.ts';
import { resolve } from '../answer/resolve.ts';
import { reverseAddress } from '../answer/reverse.ts';
import type { Question } from '../query/question.ts';
import type { Resolution } from '../query/resolution.ts';
import { rcodeName, TYPE } from '../wire/codes.ts';
import { typeName } from '../wire/type-names.ts';
import { explainEndpoints } from './explain-endpoints.ts';
import { explainForward, type ForwardSettings } from './explain-forward.ts';
import type { ExplainedReply, Explanation } from './explanation.ts';
import { explainRecord } from './record-text.ts';

export interface ExplainSettings extends ResolveOptions {
  /** TTL of our own names. */
  readonly ttlSeconds: number;
  readonly forward: ForwardSettings;
}

export interface Asked {
  /** Any case, trailing dot or not. */
  readonly name: string;
  readonly type: number;
  /** A container by name or id, or an address; null: anybody. */
  readonly from: string | null;
}

/** A question and the settings of the server it is for, as one host's tools tell them to each other. */
export interface WhyRequest {
  readonly asked: Asked;
  readonly settings: ExplainSettings;
}

/** Why a name is answered as it is: by the very functions that answer. A problem where nobody is called `from`. */
export function explain(view: HostView, { name, type, from }: Asked, settings: ExplainSettings): Result<Explanation> {
  const asker = findAsker(view, from);
  if (!asker.ok) return asker;
  const question = { name: name.toLowerCase().replace(/\.$/, ''), type };
  return ok(explainFor(asker.value, question, settings));
}

function explainFor(asker: FoundAsker, question: Question, settings: ExplainSettings): Explanation {
  const { view, container } = asker;
  const { name, type } = question;
  const scope = scopeOf(view, container);
  const tried: TriedName[] = [];
  const trail: Trail = { depends: () => {}, tried: (one) => tried.push(one) };
  const resolution = resolve(view, scope, question, settings, trail);
  const chain = chainOf(name, resolution);
  const { endpoints, notes } = explainEndpoints({ ...settings, view, scope, type, trail: undefined }, chain);
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
    tried,
    reply: explainReply(view, question, resolution, settings),
    endpoints,
    forward: forwarded === null ? null : explainForward(forwarded, scope, settings.forward),
    notes: [...asker.notes, ...notes, ...viewNotes(view, scope)],
  };
}

function searchOf(view: HostView, scope: Scope, name: string, { search }: ExplainSettings): SearchStory {
  if (reverseAddress(name)) return { suffix: null, applies: false, reason: 'it is an address backwards' };
  return searchStory(view, scope, name, search);
}

/** The names that were followed, the question first. */
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
    ...(snapshot.complete ? [] : ['the first whole picture of the environment is still missing']),
    ...(off ? [`${container?.name} is labelled not to use this server: its resolv.conf is left alone`] : []),
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

/** Of a chain that leaves our names: what is ours of it. */
function ownPart(resolution: Exclude<Resolution, { kind: 'forward' | 'failure' }>): OwnResolution {
  if (resolution.kind !== 'upstream-alias') return resolution;
  return { kind: 'nodata', aliases: resolution.aliases, zone: '.' };
}

/** One sentence. */
function meaningOf(view: HostView, { name, type }: Question, resolution: Resolution): string {
  const wanted = typeName(type);
  switch (resolution.kind) {
    case 'addresses':
      if (resolution.addresses.length === 1) return 'the only one there is to give';
      return resolution.give === 'one'
        ? `one of these, the next one each time${resolution.weights ? ', by weight' : ''}`
        : `all of these, another one first each time${resolution.weights ? ', by weight' : ''}`;
    case 'upstream-alias':
      return resolution.otherwise.length === 0
        ? `another name for ${resolution.target}, which is not ours: what upstream says of it follows`
        : `another name for ${resolution.target}, which is not ours: what upstream says of it follows; if that is nothing, ${resolution.otherwise.join(' ')}`;
    case 'alias':
      return `another name for ${resolution.alias.target}`;
    case 'pointer':
      return `the address ${reverseAddress(name)?.address ?? ''} is that of ${resolution.target}`;
    case 'services':
      return 'where its endpoints are to be had';
    case 'texts':
      return 'the texts its manifest gives';
    case 'soa':
    case 'name-server':
      return 'the suffix itself, which this server answers for';
    case 'nodata':
      return type === TYPE.ANY
        ? 'nobody is told which records there are [RFC 8482]'
        : `the name exists, but has no ${wanted}`;
    case 'nxdomain':
      return 'there is no such name, and nobody else is asked for it';
    case 'forward':
      return 'the name is not ours: an upstream resolver is asked';
    case 'failure':
      return view.snapshot.complete
        ? 'its names lead to each other in a circle, or over too many steps'
        : 'it is not known here, and may be once the first whole picture is there';
  }
}
