import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Runner } from "./runner.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

function runnerOf(run: (turn: number) => void, pending: () => boolean) {
  let turns = 0;
  const failures: string[] = [];
  const runner = new Runner({
    run: async () => {
      run(++turns);
      return true;
    },
    isPending: pending,
    retry: () => {},
    failed: ({ message }) => void failures.push(message),
  });
  return { runner, failures, turns: () => turns };
}

test("What has come while a run failed is done at once", async () => {
  let isPending = false;
  const { runner, failures, turns } = runnerOf(
    (turn) => {
      isPending = turn === 1;
      if (turn === 1) throw new Error("an odd one");
    },
    () => isPending,
  );
  runner.schedule();
  await runner.idle();
  expect([turns(), failures]).toEqual([2, ["an odd one"]]);
  await runner.stop();
});

test("What fails each time does not take all the time, though it stays pending", async () => {
  const { runner, turns } = runnerOf(
    () => {
      throw new Error("always");
    },
    () => true,
  );
  runner.schedule();
  await runner.idle();
  expect(turns()).toBe(2);
  await vi.advanceTimersByTimeAsync(1000);
  await runner.idle();
  expect(turns()).toBe(4);
  await runner.stop();
});
