export { type CustomContext, type CustomText, type OwnSection, readCustom } from './read-custom.ts';
