import { expect, test } from "vitest";
import { Child } from "./child.ts";

test("a child answers line by line and ends when it is disposed of", async () => {
  const child = await Child.start("cat", []);
  {
    await using _ = child;
    expect(await child.ask("one")).toBe("one");
    expect(await child.ask("two")).toBe("two");
  }
  expect(child.running).toBe(false);
});

test("a stopped child can be disposed of as well", async () => {
  const child = await Child.start("cat", []);
  child.signal("SIGSTOP");
  await child[Symbol.asyncDispose]();
  expect(child.running).toBe(false);
});

test("the end of a child that should have answered is an error with its last words", async () => {
  await using child = await Child.start("ls", ["/nonexistent/mr-bench"]);
  await expect(child.line()).rejects.toThrow(/ended; it said:\n.*nonexistent/s);
});

test("silence is an error after the time allowed", async () => {
  await using child = await Child.start("cat", []);
  await expect(child.line(50)).rejects.toThrow(/silent; it said nothing \(after 50 ms\)/);
});

test("a program that does not exist is an error", async () => {
  await expect(Child.start("/nonexistent/mr-bench", [])).rejects.toThrow(/ENOENT/);
});
