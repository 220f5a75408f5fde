import { describe, expect, it } from "vitest";
import { parseArgs, parseEnvironment } from "./environment.ts";
import { CniError } from "./errors.ts";

const COMPLETE = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "pod1",
  CNI_NETNS: "/run/netns/pod1",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/opt/cni/bin",
};

function failure(env: Record<string, unknown>): CniError {
  try {
    parseEnvironment(env);
  } catch (error) {
    if (error instanceof CniError) return error;
    throw error;
  }
  throw new Error("the environment was accepted");
}

describe("CNI_* variables", () => {
  it("gives the verb what it needs", () => {
    const env = { ...COMPLETE, CNI_ARGS: "MAC=02:00:00:00:00:05", CNI_NETNS_OVERRIDE: "true" };
    expect(parseEnvironment(env)).toEqual({
      command: "ADD",
      containerId: "pod1",
      ifname: "eth0",
      netns: "/run/netns/pod1",
      netnsOverride: true,
      args: new Map([["MAC", "02:00:00:00:00:05"]]),
    });
  });

  it.each([
    ["ADD", "CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH"],
    ["CHECK", "CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH"],
    ["DEL", "CNI_CONTAINERID, CNI_IFNAME, CNI_PATH"],
    ["GC", "CNI_PATH"],
    ["STATUS", "CNI_PATH"],
  ])("%s names the missing variables %s", (command, names) => {
    const error = failure({ CNI_COMMAND: command, CNI_PATH: "" });
    expect(error.code).toBe(4);
    expect(error.message).toBe(`required environment variables are missing: ${names}`);
  });

  it("needs nothing but the command for VERSION", () => {
    expect(parseEnvironment({ CNI_COMMAND: "VERSION" }).command).toBe("VERSION");
  });

  it("ignores network namespace and arguments at DEL, whatever they hold", () => {
    const env = { ...COMPLETE, CNI_COMMAND: "DEL", CNI_NETNS: "gone", CNI_ARGS: ";;=;" };
    expect(parseEnvironment(env)).toMatchObject({ netns: "", args: new Map() });
  });

  it.each([
    ["CNI_COMMAND", undefined, "CNI_COMMAND is not set"],
    ["CNI_COMMAND", "add", "unknown CNI_COMMAND"],
    ["CNI_CONTAINERID", "-pod", "invalid CNI_CONTAINERID"],
    ["CNI_CONTAINERID", "pod/../1", "invalid CNI_CONTAINERID"],
    ["CNI_CONTAINERID", "pod1\n", "invalid CNI_CONTAINERID"],
    ["CNI_CONTAINERID", "a".repeat(231), "CNI_CONTAINERID is too long"],
    ["CNI_CONTAINERID", 7, "CNI_CONTAINERID is not a string"],
    ["CNI_IFNAME", ".", "invalid CNI_IFNAME"],
    ["CNI_IFNAME", "..", "invalid CNI_IFNAME"],
    ["CNI_IFNAME", "a/b", "invalid CNI_IFNAME"],
    ["CNI_IFNAME", "eth0:1", "invalid CNI_IFNAME"],
    ["CNI_IFNAME", "eth 0", "invalid CNI_IFNAME"],
    ["CNI_IFNAME", "eth%d", "invalid CNI_IFNAME"],
    ["CNI_IFNAME", "a\0b", "invalid CNI_IFNAME"],
    ["CNI_IFNAME", "sixteen-letters-", "invalid CNI_IFNAME"],
    ["CNI_IFNAME", "éééééééé", "invalid CNI_IFNAME"],
    ["CNI_NETNS", "run/netns/pod1", "invalid CNI_NETNS"],
    ["CNI_NETNS", "/run/\0", "invalid CNI_NETNS"],
    ["CNI_ARGS", "MAC", "invalid CNI_ARGS"],
  ])("refuses %s = %j with code 4 and words", (name, value, message) => {
    const error = failure({ ...COMPLETE, [name]: value });
    expect(error).toMatchObject({ code: 4, message });
  });

  it.each(["a", "eth0", "fifteen-letters", "ééééééé", "net1.100"])("takes the name %s", (name) => {
    expect(parseEnvironment({ ...COMPLETE, CNI_IFNAME: name }).ifname).toBe(name);
  });

  it("lets DEL pass a container id that was too long for ADD", () => {
    const env = { ...COMPLETE, CNI_COMMAND: "DEL", CNI_CONTAINERID: "a".repeat(300) };
    expect(parseEnvironment(env).containerId).toHaveLength(300);
  });
});

describe("CNI_ARGS", () => {
  it.each([
    ["", []],
    ["MAC=02:00:00:00:00:01", [["MAC", "02:00:00:00:00:01"]]],
    [
      "IgnoreUnknown=1;FOO=BAR",
      [
        ["IgnoreUnknown", "1"],
        ["FOO", "BAR"],
      ],
    ],
    [
      "IgnoreUnknown=TRUE;FOO=a=b;",
      [
        ["IgnoreUnknown", "TRUE"],
        ["FOO", "a=b"],
      ],
    ],
    ["K8S_POD_NAME=a;K8S_POD_NAME=b", [["K8S_POD_NAME", "b"]]],
    [
      "IgnoreUnknown=true;__proto__=x",
      [
        ["IgnoreUnknown", "true"],
        ["__proto__", "x"],
      ],
    ],
    [
      "K8S_POD_UID=;IP=10.1.0.5",
      [
        ["K8S_POD_UID", ""],
        ["IP", "10.1.0.5"],
      ],
    ],
  ])("reads %j", (text, expected) => {
    expect([...parseArgs(text)]).toEqual(expected);
  });

  it("refuses an unknown key that the caller did not allow, and names it", () => {
    expect(() => parseArgs("IgnoreUnknown=0;FOO=BAR")).toThrow(
      expect.objectContaining({ code: 4, details: expect.stringContaining('"FOO=BAR"') }),
    );
  });
});
