import type Docker from 'dockerode';
import { shortId } from '../model/index.ts';
import type { ImageConfig } from './image-defaults.ts';
import { networksOf } from './networks.ts';
import { volumesOf } from './volumes.ts';

/** The configuration of a container with the fields that the types of dockerode omit. */
type Config = Docker.ContainerInspectInfo['Config'] & { readonly MacAddress?: string };

/**
 * Options that create a container equal to an existing one from the same image. Fields that this code does not know are passed on.
 * `image` is the configuration of the image, `imageRef` the name or id that the new container is created from. Pure.
 */
export function createOptions(
  inspect: Docker.ContainerInspectInfo,
  image: Pick<ImageConfig, 'Entrypoint'>,
  imageRef: string,
): Docker.ContainerCreateOptions {
  const { first } = networksOf(inspect);
  return {
    ...configOf(inspect, image),
    Image: imageRef,
    HostConfig: { ...inspect.HostConfig, ...volumesOf(inspect) },
    ...(first ? { NetworkingConfig: { EndpointsConfig: { [first.name]: first.endpoint } } } : {}),
  };
}

/**
 * The name that the container was created with, if it still means the same image; otherwise the id of the image. The name keeps
 * `docker ps` and Compose as they were.
 */
export function imageReference(
  { Config, Image }: Pick<Docker.ContainerInspectInfo, 'Config' | 'Image'>,
  idOfName: string | null,
): string {
  return idOfName === Image ? Config.Image : Image;
}

function configOf(
  { Id, Config, HostConfig }: Docker.ContainerInspectInfo,
  image: Pick<ImageConfig, 'Entrypoint'>,
): Docker.ContainerCreateOptions {
  const { Hostname, Domainname, ExposedPorts, MacAddress, Entrypoint, OnBuild: _, ...rest } = Config as Config;
  // Docker refuses these with the network of another container; that container's values are shown instead.
  const isJoined = HostConfig.NetworkMode?.startsWith('container:') ?? false;
  // Docker names a container after its id unless the user gives a hostname.
  const isNamed = Hostname !== shortId({ id: Id }) && !isJoined && HostConfig.UTSMode !== 'host';
  return {
    ...rest,
    ...(isNamed ? { Hostname } : {}),
    ...(isJoined ? {} : { Domainname, ExposedPorts }),
    ...(MacAddress && !isJoined ? { MacAddress } : {}),
    // An empty word replaces the entry point of the image by none; without it, Docker would use that of the image.
    Entrypoint: hasWords(Entrypoint) || !hasWords(image.Entrypoint) ? (Entrypoint as string[]) : [''],
  };
}

function hasWords(words: string | readonly string[] | null | undefined): boolean {
  return (words?.length ?? 0) > 0;
}
