import { ok, type Result } from '../../model/index.ts';
import { type FoundAsker, findAsker, type HostView } from '../../view/index.ts';
import { parseTarget, type Target } from '../http/target.ts';
import { printsAs } from '../render/go-format.ts';
import { renderJson } from '../render/render-json.ts';
import { renderText } from '../render/render-text.ts';
import { createTrees } from '../tree/tree.ts';
import { findVersion, VERSIONS, type Version } from '../tree/versions.ts';
import type { Value } from '../value/value.ts';
import { explainWalk } from './explain-walk.ts';
import type { ExplainedReply, MetadataExplanation } from './explanation.ts';
import { sourceNotes } from './source-notes.ts';

export interface MetadataAsked {
  /** The path of the request, such as `/latest/self/container/name`. A path without a leading slash is below `latest`. */
  readonly path: string;
  /** The client: a container by name or id, or an address. Null: a client that is not a known container. */
  readonly from: string | null;
}

/** A question, and the settings of the server it is about. The command line sends it to the agent. */
export interface MetadataWhyRequest {
  readonly asked: MetadataAsked;
  /** `resolver` is the address of the DNS server that containers use. */
  readonly settings: { readonly resolver: string };
}

/** Explains the reply to a path with the functions of the server. A problem when there is no client `from`. */
export function explainPath(view: HostView, request: MetadataWhyRequest): Result<MetadataExplanation> {
  const asker = findAsker(view, request.asked.from);
  if (!asker.ok) return asker;
  const { path } = request.asked;
  return ok(explainFor(asker.value, path.startsWith('/') ? path : `/latest/${path}`, request.settings));
}

type Explained = Pick<MetadataExplanation, 'reply' | 'steps' | 'notes'>;

function explainFor(asker: FoundAsker, path: string, settings: MetadataWhyRequest['settings']): MetadataExplanation {
  const { view, label, address } = asker;
  const explained = explainTarget(asker, parseTarget(Buffer.from(path).toString('latin1')), settings);
  return {
    path,
    revision: view.revision,
    host: view.snapshot.hosts.get(view.hostId)?.host?.name ?? view.hostId,
    asker: { label, address },
    ...explained,
    notes: [...asker.notes, ...incomplete(view), ...explained.notes],
  };
}

/** The reply to `GET /`. */
const ROOT = Object.fromEntries([...VERSIONS, 'latest'].map((name) => [name, `/${name}`]));

function incomplete({ snapshot }: HostView): readonly string[] {
  return snapshot.complete ? [] : ['Drover has not loaded a complete snapshot yet'];
}

function explainTarget(asker: FoundAsker, target: Target, settings: MetadataWhyRequest['settings']): Explained {
  switch (target.kind) {
    case 'bad':
      return refused(400, 'the path has a malformed % escape or no leading slash');
    case 'none':
      return refused(404, 'the path is outside the tree');
    case 'root':
      return { reply: replyWith(ROOT), steps: [], notes: [] };
    case 'redirect': {
      const followed = explainTarget(asker, parseTarget(target.location), settings);
      return { ...followed, notes: [`the server redirects to ${target.location} (301)`, ...followed.notes] };
    }
    default:
      return explainValue(asker, target, settings);
  }
}

function explainValue(
  { view, container }: FoundAsker,
  { version: name, keys, wait, snapshot }: Extract<Target, { kind: 'value' }>,
  { resolver }: MetadataWhyRequest['settings'],
): Explained {
  const version = findVersion(name);
  if (version === undefined)
    return refused(404, `there is no version ${name}; the versions are ${VERSIONS.join(', ')} and latest`);
  const tree = createTrees(resolver)(view, version, container);
  const walk = explainWalk(tree, keys, { asker: container?.name ?? null });
  const notes = [
    ...versionNotes(name, version),
    ...walk.notes,
    ...sourceNotes(view, walk.passed),
    ...(snapshot === null ? [] : ['with `snapshot`, the server reads from the pinned state, unless that has expired']),
  ];
  if (walk.missing !== null) {
    const waits = wait === null ? '' : `; the request waits for it for up to ${wait.maxWaitMs / 1_000} s`;
    return { ...refused(404, `Not found: ${walk.missing}${waits}`), steps: walk.steps, notes };
  }
  const held = wait !== null && printsAs(walk.value, wait.value);
  const waits = held ? [`the request waits up to ${wait.maxWaitMs / 1_000} s for another value`] : [];
  return { reply: replyWith(walk.value), steps: walk.steps, notes: [...waits, ...notes] };
}

function versionNotes(name: string, { name: is }: Version): readonly string[] {
  return name === 'latest' || name === is ? [] : [`${name} is version ${is}`];
}

function replyWith(value: Value): ExplainedReply {
  return { status: 200, meaning: 'OK', text: renderText(value), json: renderJson(value) };
}

function refused(status: number, meaning: string): Explained {
  return { reply: { status, meaning, text: null, json: null }, steps: [], notes: [] };
}
