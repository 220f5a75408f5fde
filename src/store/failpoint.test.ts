import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

function run(failpoint: string, name: string) {
  const module = new URL("./failpoint.ts", import.meta.url).href;
  const script = `
    const { failpoint } = await import(${JSON.stringify(module)});
    process.on("exit", () => console.log("handler"));
    failpoint(${JSON.stringify(name)});
    console.log("alive");`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, MILLRACE_FAILPOINT: failpoint },
    encoding: "utf8",
  });
}

describe("a failpoint", () => {
  it("ends the process at its name as kill -9 would", () => {
    expect(run("add.3", "add.3")).toMatchObject({ signal: "SIGKILL", stdout: "" });
  });

  it("does nothing at other names", () => {
    expect(run("add.3", "add.3.done")).toMatchObject({ signal: null, stdout: "alive\nhandler\n" });
  });
});
