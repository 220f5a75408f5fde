import { expect, it } from "vitest";
import { vfMac } from "../../src/networks/mac.ts";
import { setVfMacs } from "./vf-macs.ts";

const PF_MAC = "52:54:00:00:01:01";
const vfs = [0, 1].map((index) => ({ index, address: `0000:01:10.${index}` }));

function kernel(code = "") {
  const set: unknown[] = [];
  const setVf = async (...args: unknown[]) => {
    if (code !== "") throw Object.assign(new Error(code), { code });
    set.push(args);
  };
  return { set, setVf };
}

it("New VFs get unicast addresses of our own, each time the same, each another", async () => {
  const { set, setVf } = kernel();
  await setVfMacs({ setVf }, PF_MAC, { ifname: "ens1f0", vfs });
  const macs = vfs.map(({ address }) => vfMac(PF_MAC, address));
  expect(set).toEqual(macs.map((mac, index) => ["ens1f0", index, { mac }]));
  expect(new Set([...macs, vfMac("52:54:00:00:01:02", "0000:01:10.0")]).size).toBe(3);
  for (const mac of macs) expect(mac).toMatch(/^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
});

it("A PF that cannot set them, or has no netdev here, leaves its VFs with their own", async () => {
  await setVfMacs(kernel("EOPNOTSUPP"), PF_MAC, { ifname: "ens9", vfs });
  await setVfMacs(kernel("EIO"), PF_MAC, { ifname: "", vfs });
});

it("What else goes wrong is not passed over", async () => {
  const failed = setVfMacs(kernel("EIO"), PF_MAC, { ifname: "ens1f0", vfs });
  await expect(failed).rejects.toThrow("EIO");
});
