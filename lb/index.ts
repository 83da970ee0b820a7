export { STAT_COLUMNS, type StatRow } from './stat.ts';
export { type Explanation, explainRequest, type RequestQuestion } from './table/explain.ts';
export { createTableReader } from './table/read-table.ts';
export type * from './table/rule-problem.ts';
export { runsOn } from './table/runs-on.ts';
export type * from './table/table.ts';
