export { type CustomContext, type CustomText, type OwnSection, readCustom } from './read-custom.ts';
export type { BoundAddress } from './refusals.ts';
