import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import { CLI } from "../../test/harness/paths.ts";
import { run } from "../../test/harness/run.ts";
import { Forwarding } from "../agent/forwarding.ts";
import { json } from "../api/http.ts";
import { type ApiServer, openApi } from "../api/server.ts";
import { addVni, type FakeHost, fakeHost } from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { createMetrics } from "../telemetry/metrics.ts";

/** Each command is a process of its own, and the machine may be busy. */
const SLOW = 60_000;
const MAC = "02:00:00:00:00:99";

let dir: string;
let api: ApiServer;
let host: FakeHost;

const log = pino({ level: "silent" });

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "mr-cli-tables-"));
  api = await openApi({ socket: join(dir, "agent.sock"), log });
});

beforeEach(() => {
  const view = fakeView();
  host = fakeHost();
  const forwarding = new Forwarding(host, EntryStore.open(mkdtempSync(join(dir, "s-"))), log);
  api.serve({ view, forwarding, metrics: createMetrics(view), cni: async () => json({}) });
});

afterAll(async () => {
  await api.close();
  rmSync(dir, { recursive: true });
});

const ask = (...args: string[]) =>
  run(process.execPath, [CLI, ...args, "--socket", join(dir, "agent.sock")]);

describe("millrace routes", { timeout: SLOW }, () => {
  it("adds with the words of iproute2, shows and deletes", async () => {
    const hops = ["--via", "10.0.12.2", "--port", "up0", "--weight", "3", "--via", "10.1.0.2"];
    const add = await ask("routes", "add", "--network", "blue", "10.9.0.0/24", ...hops, "--count");
    expect(add).toMatchObject({ exitCode: 0, stdout: "changed 1 of the routes of network blue\n" });
    expect(host.native.batches[0]?.changes).toMatchObject([
      {
        op: "add",
        type: "unicast",
        counted: true,
        nextHops: [
          { port: 1, address: "10.0.12.2", weight: 3 },
          { port: 0, address: "", weight: 1 },
        ],
      },
    ]);
    const { stdout } = await ask("routes", "--network", "blue", "--within", "10.9.0.0/16");
    expect(stdout).toContain("via 10.0.12.2 on up0 weight 3");
    await ask("routes", "del", "--network", "blue", "10.9.0.0/24");
    const shown = await ask("routes", "show", "--match", "10.9.0.1", "--json");
    expect(JSON.parse(shown.stdout)).toEqual({ routes: [], total: 0, waiting: [] });
  });

  it("makes a batch from a file, whose changes may have an op of their own", async () => {
    const file = join(dir, "batch.json");
    const changes = [
      { prefix: "10.9.0.0/24", type: "blackhole" },
      { op: "replace", prefix: "10.2.0.0/24", type: "leak", leakTo: "red" },
    ];
    writeFileSync(file, JSON.stringify(changes));
    const { exitCode } = await ask("routes", "add", "--network", "blue", "--file", file);
    expect(exitCode).toBe(0);
    expect(host.native.batches).toMatchObject([
      {
        changes: [
          { op: "add", type: "blackhole" },
          { op: "replace", type: "leak", leakTo: 1 },
        ],
      },
    ]);
  });

  it("ends with one clear line when the agent refuses", async () => {
    const { exitCode, stdout, stderr } = await ask(
      ..."routes add --network blue 10.9.0.1/24 --via 10.0.12.2".split(" "),
    );
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(
      'millrace: the agent refused: changes[0].prefix = "10.9.0.1/24": bits behind the prefix length are set; write 10.9.0.0/24\n',
    );
  });

  it("asks for what is missing before it asks the agent", async () => {
    const add = (...args: string[]) => ask("routes", "add", "--network", "blue", ...args);
    expect((await add()).stderr).toContain("prefix is missing: name one, or a file of changes");
    expect((await add("10.9.0.0/24")).stderr).toContain("where 10.9.0.0/24 leads is missing");
    expect((await add("10.9.0.0/24", "--weight", "0")).stderr).toContain("it follows the --via");
    expect((await add("--file", "/nowhere")).stderr).toContain("/nowhere is no JSON file: ENOENT");
    expect((await ask("routes", "add", "10.9.0.0/24")).stderr).toContain("--network");
    expect(host.native.batches).toEqual([]);
  });
});

describe("millrace neighbours and fdb", { timeout: SLOW }, () => {
  it("add, show and delete a neighbour", async () => {
    const where = ["--network", "blue", "10.0.12.7", "--port", "up0"];
    expect((await ask("neighbours", "add", ...where, "--mac", MAC)).exitCode).toBe(0);
    expect((await ask("neighbours", "--port", "up0")).stdout).toContain(MAC);
    expect((await ask("neighbours", "del", ...where)).exitCode).toBe(0);
    expect((await ask("neighbours", "--unresolved")).stdout).toBe("no neighbours match\n");
  });

  it("add, show and delete an FDB entry", async () => {
    const add = ["--network", "lan", MAC, "--port", "default/vm-0"];
    expect((await ask("fdb", "add", ...add)).exitCode).toBe(0);
    expect((await ask("fdb", "show", "--mac", MAC)).stdout).toMatch(
      / 10 +4 +mr4 \(default\/vm-0\)/,
    );
    expect((await ask("fdb", "add", ...add)).stderr).toContain('use op "replace"');
    expect((await ask("fdb", "add", ...add, "--replace")).exitCode).toBe(0);
    expect((await ask("fdb", "del", "--network", "lan", MAC)).exitCode).toBe(0);
    expect((await ask("fdb", "show", "--mac", MAC)).stdout).toBe("no FDB entries match\n");
  });

  it("add and show an FDB entry behind another node", async () => {
    addVni(host, "lan");
    const add = ["fdb", "add", "--network", "lan", MAC];
    expect((await ask(...add)).stderr).toContain("--port or --peer is missing");
    expect((await ask(...add, "--peer", "192.0.2.9")).stderr).toContain("no peer of VTEP vtep0");
    expect((await ask(...add, "--peer", "192.0.2.2")).exitCode).toBe(0);
    expect((await ask("fdb", "show", "--mac", MAC)).stdout).toMatch(/ vxlan100 +192\.0\.2\.2 /);
  });

  it("ask for the options that an entry needs", async () => {
    const { stderr } = await ask("neighbours", "add", "--network", "blue", "10.0.12.7");
    expect(stderr).toContain("--port is missing");
    const vlan = await ask("fdb", "add", "--network", "lan", MAC, "--vlan", "5000");
    expect(vlan.stderr).toContain("accepted: an integer from 0 to 4094");
  });
});

describe("millrace ports move, mirror and trace", { timeout: SLOW }, () => {
  it("moves a queue", async () => {
    const { stdout } = await ask("ports", "move", "mr0", "--worker", "1");
    expect(stdout).toBe("mr0 (default/web-0): queues 0 on worker 1\n");
    expect((await ask("ports", "move", "mr0", "--worker", "9")).stderr).toContain("no such worker");
  });

  it("shows the mirror", async () => {
    expect((await ask("mirror")).stdout).toContain("blue 254");
    expect(JSON.parse((await ask("mirror", "--json")).stdout)).toMatchObject({ overruns: 1 });
  });

  it("exits with 0 for a packet that is sent and with 1 for one that is dropped", async () => {
    const trace = (...more: string[]) =>
      ask("trace", "--from", "web-0", "--to", "10.9.0.7", ...more);
    host.native.answer = {
      ...host.native.answer,
      steps: [{ node: "transmit", facts: { port: 1 } }],
      ports: [1],
    };
    const sent = await trace("--proto", "tcp", "--sport", "5", "--dport", "80", "--length", "60");
    expect(sent.exitCode).toBe(0);
    expect(stripVTControlCharacters(sent.stdout)).toBe(
      "web-0 (10.1.0.2, port 0 mr0) -> 10.9.0.7 tcp 5 -> 80\n 1 transmit  -> up0\nsent by up0\n",
    );
    host.native.answer = { ...host.native.answer, verdict: "dropped", reason: "no-route" };
    const dropped = await trace("--json");
    expect(dropped.exitCode).toBe(1);
    expect(JSON.parse(dropped.stdout)).toMatchObject({ verdict: "dropped", reason: "no-route" });
  });

  it("lists the pods that could have been meant", async () => {
    const { exitCode, stderr } = await ask("trace", "--from", "eth0", "--to", "10.9.0.7");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("name one of mr0 (default/web-0), mr3 (default/db-0)");
  });
});

describe("docs/cli.md", { timeout: SLOW }, () => {
  it("names every command", async () => {
    const text = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
    const { stdout } = await run(process.execPath, [CLI, "--help"]);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    expect(commands).toContain("trace");
    for (const name of commands) if (name !== "help") expect(text).toContain(`millrace ${name}`);
  });
});
