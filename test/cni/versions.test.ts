import { expect } from "vitest";
import { atLeast, isSupported, SUPPORTED_VERSIONS } from "../../cni/versions.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { podOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { type CniCall, cni, mustCni } from "../harness/cni-call.ts";

type Version = (typeof SUPPORTED_VERSIONS)[number];

for (const cniVersion of SUPPORTED_VERSIONS) {
  scenario(`ADD, CHECK and DEL work in version ${cniVersion} of the spec`, {}, async (lab) => {
    const { namespace, call } = await lab.preparePod("a");
    const { json } = await mustCni("ADD", { ...call, cniVersion });
    expect(json).toEqual(expectedResult(json, call, cniVersion));
    const result = atLeast(cniVersion, "0.3.0") ? json : listsOf(json);
    const pod = podOf({ name: "a", namespace, call, result });
    await mustReachGateway(pod);
    await checkAsFarAsThereIsOne({ ...call, cniVersion, prevResult: json });
    const { stdout } = await mustCni("DEL", { ...call, cniVersion, prevResult: json });
    expect(stdout).toBe("");
    await expectBare(namespace);
    await expectNothingLeft(lab);
  });
}

function listsOf({ ip4, ip6 }: Record<"ip4" | "ip6", { ip: string; gateway: string }>) {
  const ips = [ip4, ip6].map(({ ip, gateway }) => ({ address: ip, gateway }));
  return { interfaces: [], ips };
}

/** CNI spec 1.1.0 section 5 and the older forms of the same. */
function expectedResult(
  result: { interfaces?: { name: string; mac: string }[] },
  call: CniCall,
  cniVersion: Version,
) {
  if (!atLeast(cniVersion, "0.3.0")) return expectedByFamily(cniVersion);
  const newest = cniVersion === "1.1.0";
  const old = !atLeast(cniVersion, "1.0.0");
  const mac = expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  const mtu = newest ? { mtu: 1500 } : {};
  const ip = (address: string, gateway: string, version: "4" | "6") => ({
    address,
    gateway,
    interface: 1,
    ...(old && { version }),
  });
  return {
    cniVersion,
    interfaces: [
      { name: result.interfaces?.[0]?.name, mac, ...mtu },
      { name: "eth0", mac, ...mtu, sandbox: call.netns },
    ],
    ips: [ip("10.81.1.2/32", "10.81.1.1", "4"), ip("fd81:1::2/128", "fd81:1::1", "6")],
    routes: [
      { dst: "0.0.0.0/0", gw: "10.81.1.1" },
      { dst: "::/0", gw: "fd81:1::1" },
    ],
  };
}

function expectedByFamily(cniVersion: Version) {
  const family = (ip: string, gateway: string, dst: string) => ({
    ...{ ip, gateway },
    routes: [{ dst, gw: gateway }],
  });
  return {
    cniVersion,
    ip4: family("10.81.1.2/32", "10.81.1.1", "0.0.0.0/0"),
    ip6: family("fd81:1::2/128", "fd81:1::1", "::/0"),
  };
}

async function checkAsFarAsThereIsOne(call: CniCall): Promise<void> {
  const { exitCode, stdout, json } = await cni("CHECK", call);
  const { cniVersion } = call;
  if (!hasCheck(cniVersion)) expect(json).toMatchObject({ code: 1, cniVersion });
  else expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
}

const hasCheck = (version: string | undefined) => isSupported(version) && atLeast(version, "0.4.0");

scenario("VERSION names every version and needs no agent", {}, async (lab) => {
  const call = anyCall(lab);
  await lab.agent.stop();
  const { exitCode, json } = await cni("VERSION", call);
  expect(exitCode).toBe(0);
  expect(json).toEqual({ cniVersion: "1.1.0", supportedVersions: [...SUPPORTED_VERSIONS] });
});

scenario("ADD without cniVersion is one of 0.1.0", {}, async (lab) => {
  const { call } = await lab.preparePod("a");
  const { json } = await mustCni("ADD", { ...call, config: { cniVersion: undefined } });
  expect(json).toEqual(expectedByFamily("0.1.0"));
});

for (const cniVersion of ["0.2.1", "2.0.0", "one"]) {
  scenario(
    `ADD in version ${cniVersion}, which is not spoken, is refused with code 1`,
    {},
    async (lab) => {
      const { namespace, call } = await lab.preparePod("a");
      const { exitCode, json } = await cni("ADD", { ...call, cniVersion });
      expect(exitCode).toBe(1);
      expect(json.code).toBe(1);
      expect(json.details).toContain(SUPPORTED_VERSIONS.join(", "));
      await expectBare(namespace);
      await expectNothingLeft(lab);
    },
  );
}

const anyCall = ({ agent }: Lab): CniCall => ({
  socket: agent.socket,
  network: "blue",
  containerId: "none",
  netns: "",
});
