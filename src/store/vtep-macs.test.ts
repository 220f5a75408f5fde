import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { macProblem } from "../networks/mac.ts";
import { VtepMacs } from "./vtep-macs.ts";

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mr-macs-"));
  file = join(dir, "vtep-macs.json");
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("the MAC addresses of VTEPs", () => {
  it("are unicast, locally administered and one for each network", async () => {
    const macs = await VtepMacs.open(dir).ensure(["blue", "red"]);
    const [blue = "", red = ""] = [macs.get("blue"), macs.get("red")];
    expect(blue).not.toBe(red);
    for (const mac of [blue, red]) {
      expect(macProblem(mac)).toBeNull();
      expect(Number.parseInt(mac.slice(0, 2), 16) & 0x03).toBe(0x02);
    }
  });

  it("are the same for the next agent, whichever networks come and go", async () => {
    const first = await VtepMacs.open(dir).ensure(["blue"]);
    await VtepMacs.open(dir).ensure(["red"]);
    const again = await VtepMacs.open(dir).ensure(["red", "blue"]);
    expect(again.get("blue")).toBe(first.get("blue"));
    expect(readdirSync(dir)).toEqual(["vtep-macs.json"]);
  });

  it("are not written when none is missing", async () => {
    await VtepMacs.open(dir).ensure(["blue"]);
    const macs = VtepMacs.open(dir);
    rmSync(file);
    await macs.ensure(["blue"]);
    await macs.ensure([]);
    expect(existsSync(file)).toBe(false);
  });

  it("are none when they cannot be kept", async () => {
    const state = join(dir, "state");
    const macs = VtepMacs.open(state);
    writeFileSync(state, "");
    await expect(macs.ensure(["blue"])).rejects.toThrow("vtep-macs.json cannot be written");
    rmSync(state);
    expect((await macs.ensure(["blue"])).size).toBe(1);
    expect(VtepMacs.open(state)).toEqual(macs);
  });

  it.each([
    ["no JSON", "{"],
    ["another version", '{"version":2,"networks":{}}'],
    ["a group's address", '{"version":1,"networks":{"blue":"01:00:5e:00:00:01"}}'],
    ["unknown keys", '{"version":1,"networks":{},"more":1}'],
  ])("are refused when the file has %s, and it is left as it is", (_, text) => {
    writeFileSync(file, text);
    expect(() => VtepMacs.open(dir)).toThrow(
      /vtep-macs\.json cannot be used: .*; restore the file/,
    );
    expect(readdirSync(dir)).toEqual(["vtep-macs.json"]);
  });

  it("are refused when the state directory is none", () => {
    expect(() => VtepMacs.open("/dev/null")).toThrow("cannot be used: ENOTDIR");
  });
});
