import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { ImportRef } from '../domain/ports.ts';

let sharedClient: SFNClient | undefined;

/** The process's one client, made when first needed. */
function stepFunctions(): SFNClient {
  sharedClient ??= new SFNClient({ maxAttempts: 5 });
  return sharedClient;
}

/** Starts the import state machine; the name keeps a repeat from starting it twice. */
export interface ImportMachine {
  /** Runs an import whose file has arrived. */
  run(ref: ImportRef): Promise<void>;
  /** Goes on with an import whose headers an admin has mapped. */
  map(ref: ImportRef): Promise<void>;
  /** Compares an import in review with the roster anew; once for each version of its plan. */
  replan(ref: ImportRef, plan: { parts: number[]; planVersion: number }): Promise<void>;
  /** Runs an undo, which has no file to wait for. */
  undo(ref: ImportRef): Promise<void>;
  /** Goes on with an approved import at apply, with the parts that have changes; once each time it is resumed. */
  resume(ref: ImportRef, parts: number[], resumed?: number): Promise<void>;
}

/** @param stateMachineArn a Standard machine, whose execution names are unique for 90 days (StartExecution). */
export function importMachine(stateMachineArn: string, client?: SFNClient): ImportMachine {
  const start = async (name: string, input: unknown) => {
    try {
      const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      await (client ?? stepFunctions()).send(command);
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
    }
  };
  const begin = ({ organization, importId }: ImportRef, from: 'upload' | 'undo') =>
    start(importId, { organization, importId, from });
  return {
    run: (ref) => begin(ref, 'upload'),
    undo: (ref) => begin(ref, 'undo'),
    map: ({ organization, importId }) =>
      start(`${importId}-mapping`, { organization, importId, from: 'mapping' }),
    replan: ({ organization, importId }, { parts, planVersion }) =>
      start(`${importId}-replan-${planVersion}`, {
        organization,
        importId,
        from: 'replan',
        unzipped: { parts },
      }),
    resume: (ref, parts, resumed) =>
      start(`${ref.importId}-apply${resumed === undefined ? '' : `-${resumed}`}`, {
        organization: ref.organization,
        importId: ref.importId,
        from: 'review',
        parts,
      }),
  };
}
