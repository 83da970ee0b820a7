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
  /** As after the address of the service: `/latest/self/container/name`; without a slash in front, below `latest`. */
  readonly path: string;
  /** A container by name or id, or an address; null: anybody. */
  readonly from: string | null;
}

/** A question and the settings of the server it is for, as one host's tools tell them to each other. */
export interface MetadataWhyRequest {
  readonly asked: MetadataAsked;
  /** `resolver` is where containers ask for names. */
  readonly settings: { readonly resolver: string };
}

/** Why a path is answered as it is: by the very functions that answer. A problem where nobody is called `from`. */
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

/** What `GET /` lists. */
const ROOT = Object.fromEntries([...VERSIONS, 'latest'].map((name) => [name, `/${name}`]));

function incomplete({ snapshot }: HostView): readonly string[] {
  return snapshot.complete ? [] : ['the first whole picture of the environment is still missing'];
}

function explainTarget(asker: FoundAsker, target: Target, settings: MetadataWhyRequest['settings']): Explained {
  switch (target.kind) {
    case 'bad':
      return refused(400, 'it is no path: a % that is no escape, or no slash in front');
    case 'none':
      return refused(404, 'there is no such page');
    case 'root':
      return { reply: replyWith(ROOT), steps: [], notes: [] };
    case 'redirect': {
      const followed = explainTarget(asker, parseTarget(target.location), settings);
      return { ...followed, notes: [`clients are sent to ${target.location} first (301)`, ...followed.notes] };
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
    return refused(404, `there is no version ${name}; there are ${VERSIONS.join(', ')}, latest`);
  const tree = createTrees(resolver)(view, version, container);
  const walk = explainWalk(tree, keys, { asker: container?.name ?? null });
  const notes = [
    ...versionNotes(name, version),
    ...walk.notes,
    ...sourceNotes(view, walk.passed),
    ...(snapshot === null ? [] : ['with `snapshot` it is read from a state that was kept, if that is still there']),
  ];
  if (walk.missing !== null) {
    const forever = wait === null ? '' : `; it is waited for, for ${wait.maxWaitMs / 1_000} s at most`;
    return { ...refused(404, `Not found: ${walk.missing}${forever}`), steps: walk.steps, notes };
  }
  const held = wait !== null && printsAs(walk.value, wait.value);
  const waits = held ? [`it is held until it is another value, ${wait.maxWaitMs / 1_000} s at most`] : [];
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
