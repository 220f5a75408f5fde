// Executes CNI plugins inside the network namespace it is started in, one call per line, so that
// every plugin is timed the same way: from starting the executable to its end.
import { createInterface } from "node:readline";
import { type CniCall, type CniVerb, cni } from "../../test/harness/cni-call.ts";

/** One line in, as JSON. */
export interface CallLine {
  verb: CniVerb;
  call: Omit<CniCall, "signal">;
}

/** One line out, as JSON. */
export interface AnswerLine {
  ms: number;
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

if (import.meta.main) {
  for await (const line of createInterface(process.stdin)) {
    const { verb, call } = JSON.parse(line) as CallLine;
    const { ms, exitCode, stdout, stderr } = await cni(verb, call);
    const answer: AnswerLine = { ms, exitCode, stdout, stderr };
    console.log(JSON.stringify(answer));
  }
}
