/**
 * A place where tests let the agent die. MILLRACE_FAILPOINT names one: `add.<n>` before step n of
 * ADD, `add.<n>.done` after it but before the journal knows; `del.<n>` and `del.<n>.done` likewise;
 * `provision.<n>` before step n of a change to a PF.
 * The process ends there by SIGKILL, as if the machine had taken it: no handler runs.
 */
export function failpoint(name: string): void {
  if (process.env["MILLRACE_FAILPOINT"] === name) process.kill(process.pid, "SIGKILL");
}
