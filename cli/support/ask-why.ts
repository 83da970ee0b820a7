import { askAgent, type Config, controlSocket, readSavedView } from '../../agent/index.ts';
import type { Result } from '../../model/index.ts';
import type { HostView } from '../../view/index.ts';
import { formatDuration } from '../output/duration.ts';
import { CommandFailure, EXIT, type Io } from './io.ts';
import { awayProblem } from './listing.ts';

export interface WhyQuestion<E> {
  readonly about: 'dns' | 'metadata';
  /** For the agent. */
  readonly request: object;
  /** The same from what is on disk, while the agent is away. */
  readonly bySaved: (view: HostView) => Promise<Result<E>>;
}

/** Explains by the agent's state, else by what was saved, and says how old that is. */
export async function askWhy<E>(io: Io, config: Config, { about, request, bySaved }: WhyQuestion<E>): Promise<E> {
  const path = `/v1/why/${about}`;
  const reply = await askAgent(controlSocket(config), { method: 'POST', path, body: request });
  if (reply.kind === 'answer') return reply.body as E;
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  const saved = await readSavedView(config);
  if (saved === null) {
    throw new CommandFailure([awayProblem(config.runDir, 'nothing was saved on this host yet')], EXIT.away);
  }
  const age = formatDuration(Date.now() - saved.savedAtMs);
  io.warn(
    `drover: the agent is away: this is by what was known ${age} ago (${new Date(saved.savedAtMs).toISOString()})`,
  );
  const explained = await bySaved(saved.view);
  if (!explained.ok) throw new CommandFailure([explained.problem]);
  return explained.value;
}
