import type { ConsulApi } from './api.ts';
import { createKeyValueApi } from './key-value-api.ts';
import { createRequest, type RequestDependencies } from './request.ts';
import { createSessionApi } from './session-api.ts';

/** All requests fail once `closed` aborts. */
export function createConsulApi(dependencies: RequestDependencies, closed: AbortSignal): ConsulApi {
  const request = createRequest(dependencies, closed);
  return { ...createKeyValueApi(request), ...createSessionApi(request) };
}
