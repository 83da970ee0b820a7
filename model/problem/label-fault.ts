/** Why the value of a label is not accepted. */
export interface LabelFault {
  readonly label: string;
  readonly what: string;
  /** How to fix the value. */
  readonly hint?: string;
}
