import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { createLogger, type LogOutput } from "./log.ts";
import { formatLogLine } from "./pretty.ts";

function capture(isTTY: boolean): { output: LogOutput; text: () => string } {
  const stream = new PassThrough();
  const output = Object.assign(stream, { isTTY });
  return { output, text: () => String(stream.read() ?? "") };
}

describe("createLogger", () => {
  it("writes one JSON object per line with level, time and pid", () => {
    const { output, text } = capture(false);
    createLogger("info", output).info({ network: "blue" }, "attached");
    const entry = JSON.parse(text());
    expect(entry).toMatchObject({ level: "info", network: "blue", msg: "attached" });
    expect(entry.pid).toBe(process.pid);
    expect(new Date(entry.time).toISOString()).toBe(entry.time);
  });

  it("keeps quiet below its level", () => {
    const { output, text } = capture(false);
    const log = createLogger("warn", output);
    log.info("not shown");
    expect(text()).toBe("");
    log.warn("shown");
    expect(text()).toContain("shown");
  });

  it("writes short lines when a person watches", () => {
    const { output, text } = capture(true);
    createLogger("info", output).warn({ port: 3, why: "two words" }, "port lost");
    const line = stripVTControlCharacters(text());
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}port lost port=3 why="two words"\n$/);
  });
});

describe("formatLogLine", () => {
  it("passes on what is no JSON object", () => {
    expect(formatLogLine("plain words\n")).toBe("plain words\n");
  });

  it("shows the stack of an error on lines of its own", () => {
    const err = { message: "no", stack: "Error: no\n at x" };
    const line = stripVTControlCharacters(
      formatLogLine(JSON.stringify({ level: "error", time: "2026-01-02T03:04:05.678Z", err })),
    );
    expect(line).toBe("03:04:05.678 ERROR\n  Error: no\n   at x\n");
  });
});
