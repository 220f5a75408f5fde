import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IpamPluginError } from "./error.ts";
import { GIVEN, PluginDirectory } from "./fixture.ts";
import { ipamAdd, ipamAsk, ipamTell } from "./plugin.ts";

let plugins: PluginDirectory;
beforeEach(() => {
  plugins = new PluginDirectory();
});
afterEach(() => plugins.remove());

const PLACE = { containerId: "pod1", ifname: "eth0", netns: "/run/netns/pod1" };

async function failure(call: Promise<unknown>): Promise<IpamPluginError> {
  const error = await call.then(
    () => null,
    (error: unknown) => error,
  );
  if (error instanceof IpamPluginError) return error;
  throw new Error("no failure of a plugin", { cause: error });
}

describe("an IPAM plugin", () => {
  it("is executed with the variables of the call, the configuration and nothing of the agent", async () => {
    plugins.add("echo", `env | sort > $DIR/env; cat > $DIR/stdin; ls -l /proc/self/fd > $DIR/fds`);
    process.env["MILLRACE_SECRET"] = "of the agent";
    const journal = openSync(join(plugins.path, "journal"), "w");
    const call = plugins.call("echo");
    call.env = { ...call.env, CNI_ARGS: "IP=10.1.0.5" };
    await ipamTell("DEL", call, PLACE).finally(() => delete process.env["MILLRACE_SECRET"]);
    closeSync(journal);
    const env = plugins.read("env").split("\n");
    expect(env).toEqual(
      expect.arrayContaining([
        "CNI_COMMAND=DEL",
        "CNI_CONTAINERID=pod1",
        "CNI_IFNAME=eth0",
        "CNI_NETNS=/run/netns/pod1",
        "CNI_ARGS=IP=10.1.0.5",
        `CNI_PATH=${plugins.path}`,
      ]),
    );
    expect(env.filter((line) => line.startsWith("MILLRACE_SECRET"))).toEqual([]);
    expect(plugins.read("stdin")).toBe(call.config);
    // What this process has opened itself; it may have been given others that are for children.
    expect(plugins.read("fds")).toMatch(/0 -> socket:/);
    expect(plugins.read("fds")).not.toMatch(/journal|anon_inode|memfd/);
  });

  it.each([
    ["1.0.0", GIVEN],
    ["0.4.0", { ...GIVEN, ips: [{ ...GIVEN.ips[0], version: "4" }] }],
    [
      "0.2.0",
      {
        ip4: { ip: "10.1.0.50/24", gateway: "10.1.0.1", routes: [{ dst: "0.0.0.0/0" }] },
        dns: GIVEN.dns,
      },
    ],
  ])("gives addresses in version %s", async (_, result) => {
    plugins.addGiving("gives", result);
    const given = await ipamAdd(plugins.call("gives"), PLACE);
    expect(given).toMatchObject({ ips: GIVEN.ips, routes: GIVEN.routes, dns: GIVEN.dns });
  });

  it("may leave a daemon behind that holds its pipes", async () => {
    plugins.add("daemon", `sleep 5 & echo '${JSON.stringify(GIVEN)}'`);
    const started = performance.now();
    expect((await ipamAdd(plugins.call("daemon"), PLACE)).ips).toEqual(GIVEN.ips);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it("need not read the configuration", async () => {
    plugins.add("deaf", "exec < /dev/null");
    await ipamTell("DEL", plugins.call("deaf", { padding: "x".repeat(1 << 20) }), PLACE);
  });

  it("is asked GC and STATUS about nobody", async () => {
    plugins.add("asked", `env | grep -c CNI_CONTAINERID > $DIR/ids`);
    await failure(ipamAsk("STATUS", plugins.call("asked")));
    expect(plugins.read("ids")).toBe("0\n");
    expect(plugins.calls("asked")).toEqual(["STATUS :"]);
  });
});

describe("an IPAM plugin that does not do it", () => {
  it.each([
    [
      "refuses",
      `echo '{"cniVersion":"1.0.0","code":101,"msg":"no addresses left","details":"all of 10.1.0.0/24"}'; exit 1`,
      ["refused", 101, "IPAM plugin refuses: no addresses left", "all of 10.1.0.0/24"],
    ],
    [
      "dies",
      "kill -SEGV $$",
      ["unknown", 999, 'ipam.type = "dies" was ended by SIGSEGV on ADD', "try it by hand"],
    ],
    [
      "fails",
      "echo no such lease >&2; exit 3",
      ["unknown", 999, "ended ADD with status 3 and no CNI error", 'said "no such lease"'],
    ],
    ["garbage", "echo hello", ["unknown", 999, "printed no result of ADD", '"hello\\n"']],
    [
      "half",
      `echo '{"ips":[{"address":7}]}'`,
      ["unknown", 999, "ips.0.address must be an address with prefix length", "address"],
    ],
    ["floods", "yes", ["unknown", 11, "prints more than 1048576 bytes on ADD", "try it by hand"]],
    ["hangs", "sleep 60", ["unknown", 11, "does not end within 700 ms on ADD", "try it by hand"]],
  ])("is one clear error: %s", async (type, lines, [outcome, code, msg, details]) => {
    plugins.add(type, lines);
    const error = await failure(ipamAdd(plugins.call(type), PLACE, 700));
    expect(error).toMatchObject({ outcome, code, message: expect.stringContaining(String(msg)) });
    expect(error.details).toContain(details);
  });

  it("is killed with what it has started when it hangs", async () => {
    plugins.add("hangs", `sleep 61 & echo $! > $DIR/pid; wait`);
    await failure(ipamAdd(plugins.call("hangs"), PLACE, 300));
    const pid = Number(plugins.read("pid"));
    const state = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2];
    await expect.poll(() => attempt(state)).toMatch(/^(gone|Z)$/);
  });
});

function attempt(read: () => string | undefined): string {
  try {
    return read() ?? "gone";
  } catch {
    return "gone";
  }
}

describe("an IPAM plugin that cannot be executed", () => {
  it.each([
    ["none", "there is no such plugin", "CNI_PATH"],
    ["../sh", "is no name of a plugin", "file name"],
    ["plain", "is not executable: chmod +x", "CNI_PATH"],
    ["directory", "is no file", "CNI_PATH"],
    ["text", "cannot be executed", "executable for this machine"],
  ])("is named with the remedy: %s", async (type, msg, details) => {
    plugins.add("plain", "", 0o644);
    mkdirSync(join(plugins.path, "directory"));
    writeFileSync(join(plugins.path, "text"), "#!/nonexistent\n", { mode: 0o755 });
    const error = await failure(ipamAdd(plugins.call(type), PLACE));
    expect(error).toMatchObject({ outcome: "not-run", code: 7 });
    expect(error.message).toContain(`ipam.type = "${type}"`);
    expect(error.message).toContain(msg);
    expect(error.details).toContain(details);
  });

  it("is looked for in each directory of CNI_PATH and nowhere else", async () => {
    plugins.addGiving("gives", GIVEN);
    const call = plugins.call("gives");
    const found = { ...call, env: { CNI_PATH: `/nonexistent:${plugins.path}` } };
    expect(await ipamAdd(found, PLACE)).toMatchObject({ ips: GIVEN.ips });
    for (const CNI_PATH of ["", "/nonexistent", `.:${plugins.path.slice(1)}`]) {
      expect((await failure(ipamAdd({ ...call, env: { CNI_PATH } }, PLACE))).outcome).toBe(
        "not-run",
      );
    }
  });
});
