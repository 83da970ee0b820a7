export { backendOf, isMovable, isOwnSection, NO_BACKEND } from './names.ts';
export { createRenderer, type RenderConfig } from './render-config.ts';
export type { LineOwner, RenderedBackend, RenderedConfig, RenderSettings } from './rendered-config.ts';
export { NAMES, runTimeMap } from './run-time-maps.ts';
export { serverArguments } from './server-arguments.ts';
