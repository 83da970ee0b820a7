import type { Upstream } from '../model/index.ts';
import { runCommand } from '../system/index.ts';
import { createAnswerer } from './answer/answerer.ts';
import { createTurns } from './answer/turns.ts';
import type { RunningExtension } from './extension/extension.ts';
import { EXTENSIONS } from './extensions.ts';
import { createHotPath, type HotPath } from './hot/index.ts';
import { createSameHost } from './listen/same-host.ts';
import type { LiveQueries } from './metrics/live-queries.ts';
import type { Recorder } from './metrics/recorder.ts';
import type { NamesDependencies, NamesOptions } from './names-options.ts';
import type { Answer } from './query/client.ts';
import type { NameSource } from './query/name-source.ts';
import { createSafeAnswer } from './safe-answer.ts';
import { createForwarder, type Forwarder } from './upstream/create-forwarder.ts';
import { createCookies } from './wire/cookies/cookies.ts';

/** Everything between a received message and its reply, without sockets to clients. */
export interface Answering {
  readonly source: NameSource;
  readonly forwarder: Forwarder;
  /** The general path. */
  readonly answer: Answer;
  readonly hot: HotPath;
  /** By name. */
  readonly extensions: ReadonlyMap<string, RunningExtension>;
}

export interface AnsweringContext {
  readonly recorder: Recorder;
  readonly live: LiveQueries;
  /** Where this server listens. */
  readonly ourselves: () => readonly Upstream[];
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
}

const HOT_BYTES = 64 * 1024 * 1024;

export function createAnswering(
  dependencies: NamesDependencies,
  options: NamesOptions,
  { recorder, live, ourselves, signal }: AnsweringContext,
): Answering {
  const { clock, log, upstreams, adaptForwarding = (forwarding) => forwarding } = dependencies;
  const { ttlSeconds = 1, refuseAny = false, udpPayloadBytes = null } = options;
  const source = dependencies.source({ recorder, signal });
  const { isOurs } = source;
  const forwarder = createForwarder({ upstreams, ourselves, isOurs, clock, log }, options.forwarding ?? {});
  // A random start: otherwise a thousand hosts would all begin with the first endpoint.
  const turns = createTurns(Math.floor(Math.random() * 2 ** 32));
  const cookies = createCookies({ clock });
  const isSameHost = createSameHost(options.listen);
  const onMalformed = () => recorder.happened('malformed');
  const answerer = createAnswerer(
    { source, forwarder: adaptForwarding(forwarder), turns, onMalformed, cookies, isSameHost },
    { ttlSeconds, refuseAny, udpPayloadBytes },
  );
  const mayAnswer = () => !live.watched();
  const place = options.extensions ?? null;
  const context = { clock, log, run: runCommand, mayAnswer };
  const extensions = new Map(
    place === null ? [] : EXTENSIONS.map(({ name, start }) => [name, start(context, place)] as const),
  );
  const followers = [...extensions.values()].flatMap(({ follower }) => follower ?? []);
  const hot = createHotPath(
    { source, answerer, divert: live.divert, followers },
    { maxBytes: HOT_BYTES, udpPayloadBytes: udpPayloadBytes ?? undefined },
  );
  return { source, forwarder, answer: createSafeAnswer(answerer, { recorder, live, clock, log }), hot, extensions };
}
