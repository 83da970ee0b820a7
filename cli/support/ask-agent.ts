import { askAgent, type ControlRequest, controlSocket, readSavedView } from '../../agent/index.ts';
import type { HostView } from '../../view/index.ts';
import { formatDuration } from '../output/duration.ts';
import { CommandFailure, EXIT, type Io } from './io.ts';
import { type AgentPlace, validConfig } from './settings.ts';

/** The reply of the running agent. `effect` continues the sentence "the agent is not running". */
export async function askRunning<T>(place: AgentPlace, request: ControlRequest, effect = ''): Promise<T> {
  const reply = await askAgent(controlSocket(place.config), request);
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  if (reply.kind === 'away') throw agentNotRunning(validConfig(place).runDir, effect);
  return reply.body as T;
}

/** The reply of the agent; if it is not running, the same from the saved state, with a warning that says how old that is. */
export async function askOrSaved<T>(
  io: Io,
  place: AgentPlace,
  request: ControlRequest,
  fromSaved: (view: HostView) => T | Promise<T>,
): Promise<T> {
  const reply = await askAgent(controlSocket(place.config), request);
  if (reply.kind === 'answer') return reply.body as T;
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  const config = validConfig(place);
  const saved = await readSavedView(config);
  if (saved === null) throw agentNotRunning(config.runDir, ', and this host has no saved state');
  const age = formatDuration(Date.now() - saved.savedAtMs);
  const time = new Date(saved.savedAtMs).toISOString();
  io.warn(`drover: the agent is not running; using the state saved ${age} ago (${time})`);
  return fromSaved(saved.view);
}

/** The failure of a command that needs the agent. */
export function agentNotRunning(runDir: string, effect = ''): CommandFailure {
  const problem = { subject: `agent at ${runDir}`, what: `is not running${effect}`, hint: 'start it: `drover agent`' };
  return new CommandFailure([problem], EXIT.agentNotRunning);
}
