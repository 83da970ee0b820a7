/** The result of one check, as HAProxy logs it. It logs a result only if the state, the reason or a counter changed. */
export interface CheckEvent {
  readonly server: string;
  readonly passed: boolean;
  /** The state of the server in HAProxy after this result. */
  readonly up: boolean;
  /** `Layer7 wrong status, code: 404, info: "Not Found"` */
  readonly text: string;
}

/** The end is anchored, because `info` can have any text that a checked server has sent. */
const EVENT = /^Health check for server [^/\s]+\/(\S+) (succeeded|failed), reason: (.*), status: \d+\/\d+ (UP|DOWN)\.$/;
const DURATION = /, check duration: \d+ms$/;

/** Null for the other lines of the log. */
export function parseEvent(line: string): CheckEvent | null {
  const [, server, result, reason, state] = EVENT.exec(line) ?? [];
  if (server === undefined || reason === undefined) return null;
  return { server, passed: result === 'succeeded', up: state === 'UP', text: reason.replace(DURATION, '') };
}
