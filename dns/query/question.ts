export interface Question {
  /** Without trailing dot, any case. */
  readonly name: string;
  readonly type: number;
}
