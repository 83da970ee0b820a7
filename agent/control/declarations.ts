import { z } from 'zod';
import type { Bus } from '../../bus/index.ts';
import { type DocumentDraft, factTable } from '../../facts/index.ts';
import { draftMap, type Problem, type Result, type ServiceDeclaration } from '../../model/index.ts';
import { applyChanges, type DeclarationChange, renderChanges } from '../../sources/index.ts';
import type { ApplyDependencies } from './apply.ts';
import type { ApplyOutcome } from './apply-request.ts';
import { parseBody } from './request-body.ts';

/** Reply of `GET /v1/declarations`: all declarations on the bus. */
export interface DeclaredServices {
  readonly declarations: readonly ServiceDeclaration[];
  /** Documents that this version cannot read. */
  readonly problems: readonly Problem[];
}

/** Reads all declarations. Rejects when the bus cannot be read. */
export async function readDeclarations(bus: Bus): Promise<DeclaredServices> {
  const draft: DocumentDraft = {
    declarations: draftMap(new Map()),
    liveness: draftMap(new Map()),
    overlay: draftMap(new Map()),
    subnets: draftMap(new Map()),
  };
  const problems: Problem[] = [];
  for (const [key, { value }] of await bus.list('service/')) {
    const found = factTable.documents.find(key);
    const read = found?.kind.read(`document ${key}`, { hostId: '', id: found.id }, value);
    if (read?.ok) read.value(draft);
    else if (read) problems.push(read.problem);
  }
  return { declarations: [...draft.declarations.result().values()], problems };
}

/** Body of `POST /v1/remove`: a service, or all services of a stack. */
export interface RemoveRequest {
  readonly stack: string;
  readonly service: string | null;
  readonly dryRun: boolean;
}

const schema = z.strictObject({ stack: z.string().min(1), service: z.string().min(1).nullable(), dryRun: z.boolean() });

export function parseRemoveRequest(body: unknown): Result<RemoveRequest> {
  return parseBody(schema, body);
}

/**
 * Removes declarations from the bus, except those of the manifests directory, which would restore them. `manifestOf` names the file
 * of the directory that declares a document. Rejects when the bus cannot be read or written.
 */
export async function removeDeclarations(
  { bus, clock }: Omit<ApplyDependencies, 'notes'>,
  { stack, service, dryRun }: RemoveRequest,
  manifestOf: (key: string) => string | null,
): Promise<ApplyOutcome> {
  const prefix = `service/${stack}/${service ?? ''}`.toLowerCase();
  const found = [...(await bus.list(prefix))].filter(([key]) => service === null || key === prefix);
  if (found.length === 0) return { changes: [], problems: [notDeclared(stack, service)], ignored: [] };
  const kept = found.flatMap(([key]) => restored(key, manifestOf(key)));
  const changes = found
    .filter(([key]) => manifestOf(key) === null)
    .map(
      ([key, { value, revision }]): DeclarationChange => ({ kind: 'delete', key, previous: value, expect: revision }),
    );
  const failed = dryRun ? [] : await applyChanges({ documents: bus, clock }, changes);
  return { changes: renderChanges(changes), problems: [...kept, ...failed], ignored: [] };
}

function notDeclared(stack: string, service: string | null): Problem {
  const subject = service === null ? `stack ${stack}` : `service ${stack}/${service}`;
  return { subject, what: 'is not declared', hint: 'run `drover get` to list what is declared' };
}

function restored(key: string, manifest: string | null): readonly Problem[] {
  if (manifest === null) return [];
  const subject = `service ${key.slice('service/'.length)}`;
  return [{ subject, what: `is declared in the manifests directory, by ${manifest}`, hint: 'remove it there' }];
}
