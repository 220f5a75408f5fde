import { describe, expect, it } from "vitest";
import { fixtureHost } from "./fixture.ts";
import { checkState } from "./state.ts";

const YAML = "stateDir: /state";

describe("checkState", () => {
  it("says how much room there is", async () => {
    expect(await checkState(fixtureHost({ "state/journal.jsonl": "" }, YAML))).toMatchObject([
      { status: "ok", text: expect.stringMatching(/\/state: .* free$/) },
    ]);
  });

  it("does not miss a directory that the agent has yet to make", async () => {
    expect(await checkState(fixtureHost({}, YAML))).toMatchObject([
      { status: "ok", text: expect.stringContaining("is made at the first start") },
    ]);
  });

  it("calls a file in its place a problem", async () => {
    expect((await checkState(fixtureHost({ state: "" }, YAML)))[0]).toMatchObject({
      status: "problem",
      text: expect.stringContaining("is no directory"),
    });
  });

  it("calls a directory that cannot be written a problem", async () => {
    // Nobody makes files in procfs.
    const host = { ...fixtureHost({}, "stateDir: /proc/self"), root: "/" };
    expect(await checkState(host)).toMatchObject([
      { status: "problem", text: expect.stringMatching(/cannot be written \(E[A-Z]+\): no ADD/) },
    ]);
  });

  it("calls a filesystem without room a problem", async (context) => {
    context.skip(process.geteuid?.() !== 0, "needs root: only root may write to sysfs");
    // What sysfs says of itself: no block is free.
    const host = { ...fixtureHost({}, "stateDir: /sys/kernel"), root: "/" };
    expect(await checkState(host)).toMatchObject([
      { status: "problem", text: "/sys/kernel: 0 B free: no ADD and no DEL" },
    ]);
  });
});
