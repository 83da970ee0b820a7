export { kernelAnswers } from './extension.ts';
