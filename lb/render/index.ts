export { createRenderer, type RenderConfig } from './render-config.ts';
export type { LineOwner, RenderedBackend, RenderedConfig, RenderSettings } from './rendered-config.ts';
export { serverArguments } from './server-arguments.ts';
