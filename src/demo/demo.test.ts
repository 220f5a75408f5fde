import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Interrupted } from "../../test/harness/scope.ts";
import { Board, type ShownCheck } from "./check.ts";
import { parsePing } from "./checks/ping.ts";
import { sparkline } from "./live-rate.ts";
import { Progress } from "./progress.ts";
import { renderReport, renderVerdict, writeJson } from "./report.ts";
import type { Stage } from "./stage.ts";
import { DemoStopped, playSection, type Step } from "./step.ts";

function check(name: string, ok: boolean, row = "row"): ShownCheck {
  return { name, ok, value: 1, unit: "ms", label: `label ${name}`, text: "1 ms", row, cell: name };
}

function boardOf(...checks: ShownCheck[]): Board {
  const board = new Board();
  for (const one of checks) board.add(one);
  return board;
}

function output(isTTY: boolean) {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  return { out: { isTTY, columns: 60, write }, text: () => stripVTControlCharacters(text) };
}

describe("the board", () => {
  it("is ok when all checks are, and not when there is none", () => {
    expect(new Board().ok).toBe(false);
    expect(boardOf(check("a", true)).ok).toBe(true);
    expect(boardOf(check("a", true), check("b", false)).ok).toBe(false);
  });
});

describe("the report", () => {
  it("puts checks of one row side by side and marks a row with a failure", () => {
    const board = boardOf(check("a", true, "one"), check("b", true, "one"), check("c", false));
    const lines = stripVTControlCharacters(renderReport(board)).split("\n");
    expect(lines[1]).toMatch(/│ ✓ │ one +│ a · b +│/);
    expect(lines[2]).toMatch(/│ ✗ │ row +│ c +│/);
  });

  it("fits the terminal", () => {
    const board = boardOf({ ...check("a", true), cell: "many words ".repeat(20) });
    const widths = renderReport(board, 80).split("\n").map(stripVTControlCharacters);
    expect(Math.max(...widths.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("names each failure in the verdict", () => {
    expect(renderVerdict(boardOf(check("a", true)), null)).toContain("All 1 checks hold");
    const verdict = renderVerdict(boardOf(check("a", true), check("b", false)), null);
    expect(verdict).toContain("1 of 2 checks failed");
    expect(verdict).toContain("label b: 1 ms");
    expect(renderVerdict(new Board(), "interrupted by SIGINT")).toContain(
      "interrupted by SIGINT; it has cleaned up",
    );
  });

  it("writes JSON with name, ok, value and unit only", () => {
    const dir = mkdtempSync(join(tmpdir(), "millrace-report-"));
    const file = join(dir, "demo.json");
    writeJson(file, false, boardOf(check("a", true)));
    const checks = [{ name: "a", ok: true, value: 1, unit: "ms" }];
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ ok: false, checks });
    rmSync(dir, { recursive: true });
  });
});

describe("playSection", () => {
  const abort = new AbortController();
  let alive = true;
  const agent = { running: () => alive, log: () => "" };
  const stage = { scope: { signal: abort.signal }, agents: [agent] } as unknown as Stage;
  const quiet = () => new Progress(output(false).out);

  function step(name: string, run: Step["run"], essential = false): Step {
    return { name, label: name, unit: "ms", row: "row", essential, run };
  }

  it("turns what a step throws into its failed check and goes on", async () => {
    const board = new Board();
    const fails = step("fails", async () => {
      throw new Error("ping is not installed");
    });
    const works = step("works", async () => [check("works", true)]);
    await playSection({ title: "t", steps: [fails, works] }, stage, board, quiet());
    expect(board.checks).toMatchObject([
      { name: "fails", ok: false, value: 0, unit: "ms", text: "ping is not installed" },
      { name: "works", ok: true },
    ]);
  });

  it("shows the lines that belong to a check below it", async () => {
    const { out, text } = output(false);
    const traced = step("traced", async () => [{ ...check("traced", true), detail: "one\ntwo\n" }]);
    const section = { title: "t", steps: [traced] };
    await playSection(section, stage, new Board(), new Progress(out));
    expect(text().split("\n").slice(2)).toEqual([
      expect.stringContaining("✓ label traced"),
      "      one",
      "      two",
      "",
    ]);
  });

  it("stops after an essential step that failed", async () => {
    const board = new Board();
    const fails = step("fails", async () => [check("fails", false)], true);
    const never = step("never", async () => [check("never", true)]);
    const played = playSection({ title: "t", steps: [fails, never] }, stage, board, quiet());
    await expect(played).rejects.toThrow(DemoStopped);
    expect(board.checks.map(({ name }) => name)).toEqual(["fails"]);
  });

  it("stops when the agent has ended by itself", async () => {
    const board = new Board();
    const never = step("never", async () => [check("never", true)]);
    alive = false;
    const played = playSection({ title: "t", steps: [never] }, stage, board, quiet());
    await expect(played).rejects.toThrow(DemoStopped);
    alive = true;
    expect(board.checks).toMatchObject([{ name: "agent-alive", ok: false }]);
  });

  it("passes an interruption on, whatever the step makes of it", async () => {
    const board = new Board();
    const killed = step("killed", async () => {
      abort.abort(new Interrupted("interrupted by SIGINT"));
      throw new Error("exit status 130");
    });
    const played = playSection({ title: "t", steps: [killed] }, stage, board, quiet());
    await expect(played).rejects.toThrow("interrupted by SIGINT");
    expect(board.checks).toEqual([]);
  });
});

describe("the progress", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("moves on a terminal, within its width, and erases itself", async () => {
    const { out, text } = output(true);
    const done = new Progress(out).during("TCP", async (live) => {
      live("x".repeat(100));
      await new Promise((resolve) => setTimeout(resolve, 250));
    });
    await vi.advanceTimersByTimeAsync(250);
    await done;
    const frames = text().split("\r");
    expect(frames).toHaveLength(5);
    expect(frames[2]).toContain("⠙ TCP");
    expect(Math.max(...frames.map((frame) => frame.length))).toBeLessThanOrEqual(60);
    expect(frames.at(-1)).toBe("");
  });

  it("writes lines elsewhere: what is new every second, what is not every five", async () => {
    const { out, text } = output(false);
    const done = new Progress(out).during("rate", async (live) => {
      live("1 Mpps");
      await new Promise((resolve) => setTimeout(resolve, 2500));
      live("2 Mpps");
      await new Promise((resolve) => setTimeout(resolve, 7000));
    });
    await vi.advanceTimersByTimeAsync(9500);
    await done;
    const lines = text().trimEnd().split("\n");
    expect(lines.map((line) => line.replace(/^ {2}· rate +/, ""))).toEqual([
      "1 Mpps",
      "2 Mpps",
      "2 Mpps, 8 s",
    ]);
  });
});

describe("parsePing", () => {
  it("reads counts and the average round trip", () => {
    const output = `PING 10.77.1.3 (10.77.1.3) 56(84) bytes of data.
64 bytes from 10.77.1.3: icmp_seq=1 ttl=63 time=0.292 ms

--- 10.77.1.3 ping statistics ---
10 packets transmitted, 9 received, 10% packet loss, time 407ms
rtt min/avg/max/mdev = 0.107/0.172/0.292/0.084 ms
`;
    expect(parsePing(output)).toEqual({ sent: 10, received: 9, averageMs: 0.172, errors: [] });
  });

  it("reads the refusals of routers in both families", () => {
    const output = `From 10.77.1.1 icmp_seq=1 Destination Net Unreachable
From fd77:1::1 icmp_seq=1 Destination unreachable: No route

--- 10.77.2.2 ping statistics ---
3 packets transmitted, 0 received, +2 errors, 100% packet loss, time 100ms
`;
    const report = parsePing(output);
    expect(report).toMatchObject({ sent: 3, received: 0, averageMs: null });
    expect(report.errors).toHaveLength(2);
  });

  it("counts nothing when there is nothing to read", () => {
    expect(parsePing("")).toEqual({ sent: 0, received: 0, averageMs: null, errors: [] });
  });
});

describe("sparkline", () => {
  it("draws the last sixteen values against the largest of them", () => {
    expect(sparkline([0, 50, 100])).toBe("▁▅█");
    expect(sparkline(Array(40).fill(1))).toBe("█".repeat(16));
    expect(sparkline([0, 0])).toBe("▁▁");
  });
});
