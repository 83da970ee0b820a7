export type * from './host-view.ts';
