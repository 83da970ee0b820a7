import { isDeepStrictEqual } from 'node:util';
import type Docker from 'dockerode';

type Options = Docker.ContainerCreateOptions;
/** The settings that containers get from an image; empty for an image without any. */
export type ImageConfig = Partial<Docker.ImageInspectInfo['Config']>;

const VALUES = ['WorkingDir', 'User', 'Healthcheck', 'StopSignal', 'Shell', 'ArgsEscaped'] as const;
const MAPS = ['ExposedPorts', 'Volumes', 'Labels'] as const;
/** Compose creates a container again if this label is not the id of the image. */
const COMPOSE_IMAGE = 'com.docker.compose.image';

/**
 * Create options without what equals the image of the old container, so that the new container gets these settings from its own image.
 * Docker does not tell which settings of a container come from its image. Pure.
 */
export function withoutImageDefaults(options: Options, image: ImageConfig): Options {
  const isOwn = (name: string): boolean => !isSame(settingOf(options, name), settingOf(image, name));
  const ownEntrypoint = isOwn('Entrypoint');
  // With an own entry point, Docker does not use the command of the image.
  const dropped = [
    ...VALUES.filter((name) => !isOwn(name)),
    ...(ownEntrypoint ? [] : ['Entrypoint', ...(isOwn('Cmd') ? [] : ['Cmd'])]),
  ];
  const kept = Object.fromEntries(Object.entries(options).filter(([name]) => !dropped.includes(name)));
  const maps = MAPS.filter((name) => kept[name]).map((name) => [name, ownEntries(kept[name], settingOf(image, name))]);
  const lines = new Set(image.Env ?? []);
  return { ...kept, ...Object.fromEntries(maps), Env: (options.Env ?? []).filter((line) => !lines.has(line)) };
}

/** The labels that say which image a container was created from. Pure. */
export function withImageLabels(options: Options, imageId: string): Options {
  const { Labels = {} } = options;
  return COMPOSE_IMAGE in Labels ? { ...options, Labels: { ...Labels, [COMPOSE_IMAGE]: imageId } } : options;
}

function settingOf(from: object, name: string): unknown {
  return (from as Readonly<Record<string, unknown>>)[name];
}

function ownEntries(all: unknown, ofImage: unknown): Record<string, unknown> {
  const known = (ofImage ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(all as object).filter(([key, value]) => !(key in known && isSame(known[key], value))),
  );
}

/** Docker writes an unset value as null, or as an empty one. */
function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(isUnset(a) ? null : a, isUnset(b) ? null : b);
}

function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
