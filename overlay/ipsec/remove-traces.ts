import { batch } from '../../linux/index.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';
import { ROUTING_PREFERENCE, ROUTING_TABLE } from './charon/settings.ts';

/** Removes what charon leaves if it is killed, and `device`. */
export async function removeTraces(run: RunCommand, device: string | null, signal?: AbortSignal): Promise<void> {
  const lines = [
    ...(device === null ? [] : [`link delete ${device}`]),
    ...['', '-6 '].flatMap((family) => [
      `${family}rule delete pref ${ROUTING_PREFERENCE} table ${ROUTING_TABLE}`,
      `${family}route flush table ${ROUTING_TABLE}`,
    ]),
  ];
  for (const { file, args, input = '' } of batch('ip', lines)) {
    try {
      await run(file, args, { input, ...(signal ? { signal } : {}) });
    } catch (error) {
      // Most of it does not exist: charon has removed it.
      if (!(error instanceof CommandError)) throw error;
    }
  }
}
