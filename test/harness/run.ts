import { spawn } from "node:child_process";

export interface RunOptions {
  /** Written to standard input. */
  input?: string;
  /** The whole environment; inherited when absent. */
  env?: Record<string, string>;
  /** Killed after this. */
  timeoutMs?: number;
  /** Killed when aborted. */
  signal?: AbortSignal | undefined;
  /** Called with what it prints, as it comes. */
  onOutput?: (text: string) => void;
}

export interface RunResult {
  /** Null when a signal ended it. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Wall time from start to end. */
  ms: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Runs a program to its end, without a shell. A failure of the program is a result, not an error.
 * @throws Error when it cannot be started, takes too long or is aborted
 */
export function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, signal, env } = options;
  const started = performance.now();
  const child = spawn(file, args, {
    stdio: ["pipe", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    ...(signal && { signal }),
    ...(env && { env }),
  });
  // Who does not read its input closes the pipe early; the exit status says the rest.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const stdout = collect(child.stdout, options.onOutput);
  const stderr = collect(child.stderr, options.onOutput);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      reject(signal?.aborted ? signal.reason : startError(file, error));
    });
    child.once("close", (exitCode) => {
      const ms = performance.now() - started;
      const late = child.signalCode === "SIGKILL" && ms >= timeoutMs;
      if (late) reject(new Error(`${[file, ...args].join(" ")}: no end after ${timeoutMs} ms`));
      else resolve({ exitCode, stdout: stdout(), stderr: stderr(), ms });
    });
  });
}

/** As `run`, for programs that must succeed. Returns what it printed. @throws Error otherwise */
export async function must(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(file, args, options);
  if (exitCode === 0) return stdout;
  const said = (stderr || stdout).trim();
  throw new Error(`${[file, ...args].join(" ")}: exit status ${exitCode}: ${said}`);
}

function collect(stream: NodeJS.ReadableStream, onOutput?: (text: string) => void): () => string {
  let all = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    all += text;
    onOutput?.(text);
  });
  return () => all;
}

function startError(file: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== "ENOENT") return error;
  return new Error(`${file} is not installed or not in PATH`, { cause: error });
}
