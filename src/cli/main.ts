import { errorLine } from "./errors.ts";
import { createProgram } from "./program.ts";

try {
  await createProgram().parseAsync();
} catch (error) {
  process.stderr.write(`millrace: ${errorLine(error)}\n`);
  process.exit(1);
}
