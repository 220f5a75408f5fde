import type { Scope } from "../../test/harness/scope.ts";
import { startKernelPath } from "../tcp/kernel-path.ts";
import { startMillracePath } from "../tcp/millrace-path.ts";
import type { Path } from "../tcp/path.ts";
import { startDirectPath } from "./direct-path.ts";

const mtu = 1500;

/** Ways between two pods, by the names they have in results. */
const starts = {
  millrace: (scope: Scope) => startMillracePath(scope, { mtu, frameSize: 2048, workers: 1 }),
  "kernel-bridge": (scope: Scope) =>
    startKernelPath(scope, { kind: "bridge", mtu, offloads: true }),
  "kernel-route": (scope: Scope) => startKernelPath(scope, { kind: "route", mtu, offloads: true }),
  direct: startDirectPath,
} satisfies Record<string, (scope: Scope) => Promise<Path>>;

export type ConnectionSubject = keyof typeof starts;

export const connectionSubjects = Object.keys(starts) as ConnectionSubject[];

/** Sets a way up; the scope removes it. @throws Error for a name that is none of ours */
export async function startSubject(scope: Scope, name: string): Promise<Path> {
  const start = connectionSubjects.find((subject) => subject === name);
  if (start === undefined) {
    throw new Error(`subject ${name}: expected one of ${connectionSubjects.join(", ")}`);
  }
  return { ...(await starts[start](scope)), subject: name };
}
