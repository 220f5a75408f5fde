import { colors } from "./colors.ts";

const PAINT: Record<string, (text: string) => string> = {
  trace: colors.gray,
  debug: colors.gray,
  info: colors.green,
  warn: colors.yellow,
  error: colors.red,
  fatal: (text) => colors.bgRed(colors.white(text)),
};

/** One JSON log line as `12:00:01.123 INFO  message key=value`; anything else is passed on as it is. */
export function formatLogLine(json: string): string {
  const entry = parse(json);
  if (entry === null) return json;
  const { level, time, msg, pid: _pid, err, ...rest } = entry;
  const name = String(level);
  const paint = PAINT[name] ?? String;
  const head = [
    colors.gray(String(time).slice(11, 23)),
    paint(name.toUpperCase().padEnd(5)),
    ...(msg === undefined ? [] : [String(msg)]),
  ];
  const fields = Object.entries(rest).map(([key, value]) => colors.gray(`${key}=${show(value)}`));
  return `${[...head, ...fields].join(" ")}\n${errorLines(err)}`;
}

function parse(json: string): Record<string, unknown> | null {
  try {
    const entry: unknown = JSON.parse(json);
    return typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function show(value: unknown): string {
  return typeof value === "string" && !/\s/.test(value) ? value : (JSON.stringify(value) ?? "");
}

function errorLines(err: unknown): string {
  if (typeof err !== "object" || err === null) return "";
  const { stack, message } = err as { stack?: string; message?: string };
  return `  ${(stack ?? message ?? JSON.stringify(err)).replaceAll("\n", "\n  ")}\n`;
}
