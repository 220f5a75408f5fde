import { Writable } from "node:stream";
import {
  type DestinationStream,
  type Logger,
  type LoggerOptions,
  pino,
  stdTimeFunctions,
} from "pino";
import { formatLogLine } from "./pretty.ts";

export type { Logger };

/** Where log lines go; `isTTY` decides between one line for people and JSON. */
export type LogOutput = NodeJS.WritableStream & { isTTY?: boolean };

/**
 * The agent's log: one JSON object per line, or short coloured lines when a person watches.
 * Writing to standard output is synchronous, so that the last words of a dying agent are kept.
 * @param level pino level or "silent".
 */
export function createLogger(level: string, output?: LogOutput): Logger {
  const options: LoggerOptions = {
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  const target = output ?? process.stdout;
  if (target.isTTY) return pino(options, prettyStream(target));
  return output === undefined ? pino(options) : pino(options, output as DestinationStream);
}

function prettyStream(target: LogOutput): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      target.write(formatLogLine(String(chunk)));
      done();
    },
  });
}
