import { describe, expect, it } from "vitest";
import { KeyedMutex } from "./keyed-mutex.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a keyed mutex", () => {
  it("runs work of one key in order and never at the same time", async () => {
    const mutex = new KeyedMutex();
    const trace: string[] = [];
    const work = (name: string) => async () => {
      trace.push(`${name}+`);
      await turn();
      trace.push(`${name}-`);
    };
    await Promise.all(["a", "b", "c"].map((name) => mutex.run("key", work(name))));
    expect(trace).toEqual(["a+", "a-", "b+", "b-", "c+", "c-"]);
  });

  it("lets different keys run at the same time", async () => {
    const mutex = new KeyedMutex();
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const first = mutex.run("a", () => gate);
    await mutex.run("b", async () => open());
    await first;
  });

  it("goes on after a failure, hands it to its caller, and is idle at the end", async () => {
    const mutex = new KeyedMutex();
    const failed = mutex.run("key", () => Promise.reject(new Error("no")));
    const next = mutex.run("key", async () => "yes");
    await expect(failed).rejects.toThrow("no");
    expect(await next).toBe("yes");
    await mutex.idle();
  });
});
