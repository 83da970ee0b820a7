import { askAgent, type Config, controlSocket, readSavedView } from '../../agent/index.ts';
import type { Result } from '../../model/index.ts';
import type { HostView } from '../../view/index.ts';
import { CommandFailure, type Io } from './io.ts';
import { agentNotRunning, NOTHING_SAVED, warnSavedState } from './listing.ts';

export interface WhyQuestion<E> {
  /** The last segment of the agent's route. */
  readonly about: string;
  /** The body of the request to the agent. */
  readonly request: object;
  /** Answers the same question from the state saved on disk, if the agent is not running. */
  readonly bySaved: (view: HostView) => Promise<Result<E>>;
}

/** Explains from the agent's state, or from the saved state with a warning that says how old it is. */
export async function askWhy<E>(io: Io, config: Config, { about, request, bySaved }: WhyQuestion<E>): Promise<E> {
  const path = `/v1/why/${about}`;
  const reply = await askAgent(controlSocket(config), { method: 'POST', path, body: request });
  if (reply.kind === 'answer') return reply.body as E;
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  const saved = await readSavedView(config);
  if (saved === null) throw agentNotRunning(config.runDir, NOTHING_SAVED);
  warnSavedState(io, saved.savedAtMs);
  const explained = await bySaved(saved.view);
  if (!explained.ok) throw new CommandFailure([explained.problem]);
  return explained.value;
}
