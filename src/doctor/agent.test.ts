import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import { VERSION } from "../agent/version.ts";
import type { AgentStatus, NetworkView } from "../agent/view.ts";
import { serveStarting } from "../api/fixture.ts";
import { checkAgent } from "./agent.ts";
import { serve } from "./agent-fixture.ts";
import { fixtureHost } from "./fixture.ts";

const withStatus = async (changes: Partial<AgentStatus>) => {
  const status = { ...fakeView().status(), version: VERSION, problems: [], ...changes };
  return await checkAgent(await serve(fixtureHost(), { status: () => status }));
};

const withNetwork = async (changes: Partial<NetworkView>) => {
  const [network] = fakeView().networks();
  if (network === undefined) throw new Error("the fixture has a network");
  return await checkAgent(
    await serve(fixtureHost(), { networks: () => [{ ...network, ...changes }] }),
  );
};

describe("checkAgent", () => {
  it("warns with the remedy when nothing listens", async () => {
    expect(await checkAgent(fixtureHost())).toMatchObject([
      { status: "warning", text: expect.stringMatching(/^no agent listens on .*none\.sock$/) },
    ]);
  });

  it("calls a socket that nobody answers on a problem", async () => {
    const host = fixtureHost();
    const server = createServer((connection) => connection.destroy());
    await new Promise<void>((done) => server.listen(host.socket, done));
    onTestFinished(() => void server.close());
    expect(await checkAgent(host)).toMatchObject([
      {
        status: "problem",
        text: expect.stringContaining("cannot be asked"),
        remedy: "look at its log, then restart the agent",
      },
    ]);
  });

  it("warns of an agent that is starting: it needs no restart", async () => {
    const host = fixtureHost();
    await serveStarting(host.socket);
    expect(await checkAgent(host)).toMatchObject([
      {
        status: "warning",
        text: expect.stringContaining("the agent is starting"),
        remedy: "wait until it is ready",
      },
    ]);
  });

  it("names version, state and each network of an agent that is well", async () => {
    const findings = await withStatus({ reconcile: null });
    expect(findings.map(({ status }) => status)).toEqual(findings.map(() => "ok"));
    expect(findings.at(-1)?.text).toMatch(/^network blue: routed, 1 attachment.*10\.1\.0\.0\/24$/);
  });

  it("passes on what the agent calls a problem", async () => {
    expect((await withStatus({ problems: ["the agent is stopping"] }))[0]).toMatchObject({
      status: "problem",
      text: "the agent is stopping",
    });
  });

  it("warns of another version", async () => {
    const findings = await withStatus({ version: "0.0.9" });
    expect(findings.find(({ status }) => status === "warning")).toMatchObject({
      text: `the agent that runs is 0.0.9, this command is of ${VERSION}`,
    });
  });

  it("warns of what could not be repaired and of pods that lost their link", async () => {
    const attachments = { adding: 0, attached: 1, removing: 0, lost: 2 };
    const texts = (await withStatus({ attachments })).map(({ text }) => text);
    expect(texts).toContain("2 attachment(s) lost their link while their pod was there");
  });

  it("warns when addresses run out, and calls it a problem when they have", async () => {
    const subnet = { prefix: "10.1.0.0/28", gateway: "10.1.0.1", capacity: "10" };
    const at = async (allocated: number) =>
      (await withNetwork({ subnets: [{ ...subnet, allocated }] })).at(-1);
    expect((await at(8))?.status).toBe("ok");
    expect((await at(9))?.status).toBe("warning");
    expect(await at(10)).toMatchObject({
      status: "problem",
      text: "network blue: 10 of 10 addresses of 10.1.0.0/28 are used",
    });
  });

  it("warns of an uplink that is not there", async () => {
    const uplinks = [{ ifname: "eth9", use: "shared" as const, port: null }];
    expect((await withNetwork({ uplinks })).at(-1)).toMatchObject({
      status: "warning",
      text: expect.stringContaining("the uplink eth9"),
    });
  });
});
