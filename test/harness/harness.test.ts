import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { bareScenario } from "../fixtures/scenario.ts";
import { startBackground } from "./background.ts";
import { createNamespace, namespaceExists } from "./namespace.ts";
import { must, run } from "./run.ts";
import { isLeftover, ownName } from "./run-id.ts";
import { openPart, openScope } from "./scope.ts";

it("run returns exit status, output and wall time of a program", async () => {
  const script = "cat; echo oops >&2; exit 3";
  const result = await run("sh", ["-c", script], { input: "hello" });
  expect(result).toMatchObject({ exitCode: 3, stdout: "hello", stderr: "oops\n" });
  expect(result.ms).toBeGreaterThan(0);
});

it("run names a program that is not installed", async () => {
  await expect(run("no-such-program", [])).rejects.toThrow("no-such-program is not installed");
});

it("run kills a program that takes too long", async () => {
  await expect(run("sleep", ["60"], { timeoutMs: 50 })).rejects.toThrow("no end after 50 ms");
});

it("run passes on why it was aborted", async () => {
  const abort = new AbortController();
  const sleeping = run("sleep", ["60"], { signal: abort.signal });
  abort.abort(new Error("interrupted by SIGINT"));
  await expect(sleeping).rejects.toThrow("interrupted by SIGINT");
});

it("must throws with the command and what it said", async () => {
  await expect(must("sh", ["-c", "echo no >&2; exit 2"])).rejects.toThrow("exit status 2: no");
});

it("a name is a leftover when the process in it is gone, by PID and start time", () => {
  expect(isLeftover(ownName("test", "node"))).toBe(false);
  expect(isLeftover(`mr-test-${process.pid}x1-node`)).toBe(true);
  expect(isLeftover("mr-test-4194304x1-node")).toBe(true);
  expect(isLeftover("mr-other-node")).toBe(false);
  expect(isLeftover("something-else")).toBe(false);
});

bareScenario("A scope takes away what was made in it, a part of it earlier", {}, async () => {
  const scope = await openScope("test");
  const outer = await createNamespace(scope, "outer");
  const part = openPart(scope);
  const inner = await createNamespace(part, "inner");
  expect([outer.name, inner.name].every(namespaceExists)).toBe(true);
  await part[Symbol.asyncDispose]();
  expect([outer.name, inner.name].map(namespaceExists)).toEqual([true, false]);
  await scope[Symbol.asyncDispose]();
  expect(namespaceExists(outer.name)).toBe(false);
  expect(existsSync(scope.dir)).toBe(false);
});

bareScenario("A scope sweeps what a run that was killed left behind", {}, async () => {
  const name = "mr-test-4194304x1-node";
  await must("ip", ["netns", "add", name]);
  await using _ = await openScope("test");
  expect(namespaceExists(name)).toBe(false);
});

bareScenario("A namespace goes with the programs that run in it", {}, async (scope) => {
  const namespace = await createNamespace(scope, "busy");
  const script = "echo up; exec sleep 600";
  await startBackground(scope, namespace, ["sh", "-c", script], "up");
  await namespace.remove();
  expect(namespaceExists(namespace.name)).toBe(false);
});

bareScenario(
  "A background program that ends too early is told with its words",
  {},
  async (scope) => {
    const namespace = await createNamespace(scope, "pod");
    const started = startBackground(scope, namespace, ["sh", "-c", "echo no port"], "ready");
    await expect(started).rejects.toThrow(/ended: no port/);
  },
);
