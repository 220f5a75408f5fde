import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { unlessAborted } from "./abort.ts";

const failing = async (ms: number) => {
  await delay(ms);
  throw new Error("the work failed");
};

it("settles as the work does", async () => {
  const { signal } = new AbortController();
  await expect(unlessAborted(Promise.resolve(7), signal)).resolves.toBe(7);
  await expect(unlessAborted(failing(1), signal)).rejects.toThrow("the work failed");
});

it("ends with the reason of the signal, and how the work ends is nobody's error then", async () => {
  const unheard: unknown[] = [];
  const listen = (error: unknown) => unheard.push(error);
  process.on("unhandledRejection", listen);
  const before = AbortSignal.abort(new Error("interrupted"));
  await expect(unlessAborted(failing(5), before)).rejects.toThrow("interrupted");
  const controller = new AbortController();
  const meanwhile = unlessAborted(failing(20), controller.signal);
  controller.abort(new Error("interrupted later"));
  await expect(meanwhile).rejects.toThrow("interrupted later");
  await delay(40);
  process.off("unhandledRejection", listen);
  expect(unheard).toEqual([]);
});
