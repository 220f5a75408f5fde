import type { Logger } from "../telemetry/log.ts";

/**
 * Resolves at the first SIGTERM or SIGINT. A second one ends the process as it stands.
 * @param after what becomes of the rest then, for the log
 */
export function stopSignal(log: Logger, after: string): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        signals++;
        if (signals === 1) return resolve();
        log.fatal({ signal }, `forced to end; ${after}`);
        process.exit(1);
      });
    }
  });
}
