import { failpoint } from "../store/failpoint.ts";

export interface Step {
  name: string;
  run(): Promise<unknown>;
}

/** What stopped a sequence, and where. */
export class StepError extends Error {
  readonly step: string;

  constructor(step: string, cause: unknown) {
    super(`${step}: ${(cause as Error).message}`, { cause });
    this.name = "StepError";
    this.step = step;
  }

  /** errno name of the cause, e.g. EEXIST; "" when it has none. */
  get errno(): string {
    return (this.cause as NodeJS.ErrnoException).code ?? "";
  }
}

/** What made a step fail; the error itself when that was outside of steps. */
export const causeOf = (error: unknown): unknown =>
  error instanceof StepError ? error.cause : error;

/**
 * Runs steps in order. Each has a number, which is also its failpoint: `<verb>.<n>` before the
 * step, `<verb>.<n>.done` after it.
 * @param first number of the first step
 * @throws StepError for the first step that fails; those after it are not run
 */
export async function runSteps(
  verb: "add" | "del",
  first: number,
  steps: readonly Step[],
  onDone: (step: string) => void = () => {},
): Promise<void> {
  for (const [i, step] of steps.entries()) {
    failpoint(`${verb}.${first + i}`);
    try {
      await step.run();
    } catch (error) {
      throw new StepError(step.name, error);
    }
    failpoint(`${verb}.${first + i}.done`);
    onDone(step.name);
  }
}
