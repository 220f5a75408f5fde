import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import { CLI } from "../../test/harness/paths.ts";
import { run } from "../../test/harness/run.ts";
import { Forwarding } from "../agent/forwarding.ts";
import { json } from "../api/http.ts";
import { type ApiServer, openApi } from "../api/server.ts";
import { fakeHost } from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { createMetrics } from "../telemetry/metrics.ts";

let dir: string;
let api: ApiServer;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "millrace-cli-"));
  const log = pino({ level: "silent" });
  api = await openApi({ socket: join(dir, "agent.sock"), log });
  const view = fakeView();
  const forwarding = new Forwarding(fakeHost(), EntryStore.open(dir), log);
  api.serve({ view, forwarding, metrics: createMetrics(view), cni: async () => json({}) });
});

afterAll(async () => {
  await api.close();
  rmSync(dir, { recursive: true });
});

const millrace = (...args: string[]) => run(process.execPath, [CLI, ...args]);
const ask = (...args: string[]) => millrace(...args, "--socket", join(dir, "agent.sock"));

describe("millrace", () => {
  it("lists its commands", async () => {
    const { exitCode, stdout } = await millrace("--help");
    expect(exitCode).toBe(0);
    for (const command of ["agent", "status", "ports", "counters", "doctor", "config"]) {
      expect(stdout).toContain(`\n  ${command} `);
    }
  });

  it("suggests the command that was meant", async () => {
    const { exitCode, stderr } = await millrace("prots");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Did you mean ports?");
  });

  it("shows tables for people and JSON for programs", async () => {
    const view = fakeView();
    expect((await ask("ports")).stdout).toContain("zero-copy: EOPNOTSUPP");
    expect(JSON.parse((await ask("ports", "--json")).stdout)).toEqual(view.ports());
    expect(JSON.parse((await ask("status", "--json")).stdout)).toEqual(view.status());
    expect(JSON.parse((await ask("counters", "--json")).stdout)).toEqual(view.counters());
  });

  it("paints nothing that goes into a pipe, also where CI is set, unless it is asked to", async () => {
    const painted = async (wish: Record<string, string>) => {
      const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env as Record<string, string>;
      const args = [CLI, "status", "--socket", join(dir, "agent.sock")];
      const { stdout } = await run(process.execPath, args, { env: { ...rest, ...wish } });
      return stdout.includes("\u001b[");
    };
    expect(await painted({ CI: "true" })).toBe(false);
    expect(await painted({ FORCE_COLOR: "1" })).toBe(true);
    expect(await painted({ FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
  });

  it("shows the ports with and without the word show", async () => {
    const { stdout } = await ask("ports");
    expect((await ask("ports", "show")).stdout).toBe(stdout);
  });

  it("says in one line how to reach an agent when there is none", async () => {
    const { exitCode, stdout, stderr } = await millrace("status", "--socket", "/nowhere/sock");
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^millrace: no agent listens on \/nowhere\/sock: start it with .*\n$/);
  });

  it("refuses an interval that makes no sense", async () => {
    const { exitCode, stderr } = await ask("counters", "--watch", "0");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("accepted: seconds from 0.1 to 3600");
  });

  it("shows rates until it is interrupted", async () => {
    const abort = new AbortController();
    let text = "";
    const args = ["counters", "--watch", "0.1", "--json", "--socket", join(dir, "agent.sock")];
    const watching = run(process.execPath, [CLI, ...args], {
      signal: abort.signal,
      onOutput: (more) => {
        text += more;
        if (text.split("\n").length > 3) abort.abort(new Error("seen enough"));
      },
    });
    await expect(watching).rejects.toThrow("seen enough");
    expect(JSON.parse(text.split("\n")[1] ?? "")).toMatchObject([{ ifname: "mr0", rxPackets: 0 }]);
  });
});

describe("millrace config", () => {
  const configFile = (yaml: string) => {
    const path = join(dir, "config.yaml");
    writeFileSync(path, yaml);
    return path;
  };

  it("checks a file as the agent would", async () => {
    const good = configFile("networks: [{name: blue, nodePrefixes: [10.1.0.0/24]}]\n");
    expect((await millrace("config", "check", good)).stdout).toBe(`${good} is valid: blue\n`);
  });

  it("names key, value and what is accepted in one line", async () => {
    const bad = configFile("networks: [{name: blue, nodePrefixes: [10.1.0.1/24]}]\n");
    const { exitCode, stderr } = await millrace("config", "check", bad);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^millrace: .*networks\[0\]\.nodePrefixes.*accepted: .*\n$/);
  });

  it("prints the JSON Schema", async () => {
    const { stdout } = await millrace("config", "schema");
    expect(JSON.parse(stdout).properties).toHaveProperty("networks");
  });
});

describe("millrace agent", () => {
  it("ends with one clear line when its configuration cannot be read", async () => {
    const { exitCode, stdout, stderr } = await millrace("agent", "--config", "/nowhere/a.yaml");
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^millrace: \/nowhere\/a\.yaml: .*\n$/);
  });

  it("stops before it has touched anything when another agent has its socket", async () => {
    const file = join(dir, "second.yaml");
    const stateDir = join(dir, "state");
    writeFileSync(file, JSON.stringify({ socket: join(dir, "agent.sock"), stateDir }));
    const { exitCode, stderr } = await millrace("agent", "--config", file);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^millrace: an agent already listens on .*: stop it, or .*\n$/);
    expect((await ask("status", "--json")).exitCode).toBe(0);
  });
});
