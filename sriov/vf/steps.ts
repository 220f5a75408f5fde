import { type Step, StepError } from "../../src/agent/steps.ts";

/** A step that can be taken back, also when it was not or only half taken. */
export interface UndoableStep extends Step {
  undo(): Promise<unknown>;
}

/** What stopped a sequence, and what of it could not be taken back. */
export class UndoableStepError extends StepError {
  /** Empty when everything is as it was before. */
  readonly notUndone: StepError[];

  constructor(step: string, cause: unknown, notUndone: StepError[]) {
    super(step, cause);
    this.name = "UndoableStepError";
    this.notUndone = notUndone;
    this.message = [this.message, ...this.remains].join("; ");
  }

  /** What is not as it was before, in words. */
  get remains(): string[] {
    return this.notUndone.map(({ message }) => `not undone yet: ${message}`);
  }
}

/**
 * Runs steps in order. The first that fails is undone and so are those before it, in reverse: an
 * operation that reports an error may have happened nevertheless.
 * @param onStart called before each step, for a journal
 * @throws UndoableStepError
 */
export async function runOrUndo(
  steps: readonly UndoableStep[],
  onStart: (step: string) => Promise<void> | void = () => {},
): Promise<void> {
  for (const [i, step] of steps.entries()) {
    try {
      await onStart(step.name);
      await step.run();
    } catch (error) {
      const notUndone = await undoAll(steps.slice(0, i + 1));
      throw new UndoableStepError(step.name, error, notUndone);
    }
  }
}

/** Undoes steps in reverse, all of them, whatever fails. @returns what failed */
export async function undoAll(steps: readonly UndoableStep[]): Promise<StepError[]> {
  const failures: StepError[] = [];
  for (const step of steps.toReversed()) {
    try {
      await step.undo();
    } catch (error) {
      failures.push(new StepError(`undo ${step.name}`, error));
    }
  }
  return failures;
}
