import type { Clock } from '../../system/index.ts';
import type { FastAnswer } from '../query/fast-answer.ts';
import type { GeneralPath } from './general-path.ts';

/** What a UDP socket hands its datagrams to. */
export interface UdpContext {
  /** The hot path, tried first, for IPv4. */
  readonly fast: FastAnswer;
  /** Called with the time that so many replies of the hot path took. */
  readonly onFast?: (micros: number, count: number) => void;
  readonly general: GeneralPath;
  readonly clock: Pick<Clock, 'sleep'>;
}
