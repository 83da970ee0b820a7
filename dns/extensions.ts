import type { Extension } from './extension/extension.ts';
import { kernelAnswers } from './kernel/index.ts';

/** The parts of the server that can be left out: delete a line here and the folder that it imports. */
export const EXTENSIONS: readonly Extension[] = [kernelAnswers];
