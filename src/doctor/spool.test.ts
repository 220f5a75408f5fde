import { chmodSync, mkdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import { serve } from "./agent-fixture.ts";
import { CONF, fixtureHost, type Tree } from "./fixture.ts";
import { checkSpool } from "./spool.ts";
import { checkSpoolConf } from "./spool-conf.ts";

const DELS: Tree = { "spool/del-a.json": "{}", "spool/del-b.json": "{}", "spool/.del-b.tmp": "" };

function spooled(tree: Tree) {
  const host = fixtureHost(tree, "spoolDir: /spool");
  const dir = join(host.root, "spool");
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, 0o700);
  return { host, dir };
}

describe("checkSpool", () => {
  it("has nothing to say before there was a first DEL", async () => {
    expect(await checkSpool(fixtureHost({}, "spoolDir: /spool"))).toEqual([]);
    expect(await checkSpool(spooled({}).host)).toMatchObject([
      { status: "ok", text: expect.stringMatching(/\/spool: no DEL waits$/) },
    ]);
  });

  it("counts the DELs that wait for an agent which is away", async () => {
    const { host, dir } = spooled(DELS);
    utimesSync(join(dir, "del-a.json"), 0, 0);
    expect(await checkSpool(host)).toMatchObject([
      {
        status: "ok",
        text: `2 DEL(s) in ${dir} wait for the agent, which does them when it starts`,
      },
    ]);
  });

  it("warns of DELs that a running agent has left for more than a minute", async () => {
    const { host, dir } = spooled(DELS);
    const status = fakeView().status();
    const spool = { ...status.spool, path: dir };
    const served = await serve(host, { status: () => ({ ...status, spool }) });
    expect((await checkSpool(served))[0]?.status).toBe("ok");
    utimesSync(join(dir, "del-a.json"), 0, 0);
    expect((await checkSpool(served))[0]).toMatchObject({
      status: "warning",
      text: expect.stringMatching(/^1 DEL\(s\) in .*spool wait for more than a minute/),
    });
  });

  it("warns of files that were set aside", async () => {
    const { host } = spooled({ "spool/x.json.bad": "" });
    expect(await checkSpool(host)).toMatchObject([
      { status: "warning", text: expect.stringMatching(/set aside: x\.json\.bad$/) },
    ]);
  });

  it("calls a directory that others can write to a problem", async () => {
    const { host, dir } = spooled({});
    chmodSync(dir, 0o777);
    expect(await checkSpool(host)).toMatchObject([
      { status: "problem", remedy: `chown root ${dir} && chmod 0700 ${dir}` },
    ]);
  });
});

describe("checkSpoolConf", () => {
  const found = (keys: Record<string, unknown>, yaml: string) => {
    const plugin = { cniVersion: "1.1.0", name: "x", type: "millrace", ...keys };
    const tree = {
      [`${CONF}/10-millrace.conflist`]: "{}",
      [`${CONF}/20-x.conf`]: JSON.stringify(plugin),
    };
    return checkSpoolConf(fixtureHost(tree, yaml));
  };

  it("has nothing to say where executable and agent agree", async () => {
    expect(await found({}, "")).toEqual([]);
    expect(await found({ spoolDir: "/spool" }, "spoolDir: /spool")).toEqual([]);
    expect(await found({ agentSocket: "/other.sock" }, "spoolDir: /spool")).toEqual([]);
  });

  it("warns where DELs would be left that nobody reads", async () => {
    expect(await found({}, "stateDir: /state")).toMatchObject([
      {
        status: "warning",
        text: expect.stringMatching(
          /go to \/var\/lib\/millrace\/spool, the agent reads \/state\/spool$/,
        ),
        remedy: 'add "spoolDir": "/state/spool" to it, next to "type"',
      },
    ]);
    expect((await found({ spoolDir: "/spool" }, ""))[0]?.status).toBe("warning");
  });
});
