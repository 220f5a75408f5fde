import { describe, expect, it } from "vitest";
import { CniError } from "../../cni/errors.ts";
import { parseVfNetConf } from "./netconf.ts";

const BASE = { cniVersion: "1.1.0", name: "sriov-net", type: "millrace", mode: "vf" };
const MAC = "02:00:00:00:00:0a";

const parse = (more: Record<string, unknown>, args: Record<string, string> = {}) =>
  parseVfNetConf({ ...BASE, ...more }, new Map(Object.entries(args)));

function refusal(more: Record<string, unknown>, args: Record<string, string> = {}) {
  try {
    parse(more, args);
  } catch (error) {
    if (error instanceof CniError) return `${error.code}: ${error.message}; ${error.details}`;
    throw error;
  }
  return "taken";
}

describe("the network configuration of a VF", () => {
  it("takes all keys of sriov-cni by their names, and more", () => {
    const { device, knobs, conf } = parse({
      deviceID: "0000:3B:02.1",
      pciBusID: "0000:3b:02.1",
      vlan: 100,
      vlanQoS: 5,
      vlanProto: "802.1AD",
      mac: "02-00-00-00-00-0A",
      spoofchk: "off",
      trust: "on",
      link_state: "enable",
      min_tx_rate: 100,
      max_tx_rate: 200,
      logLevel: "debug",
      logFile: "/var/log/sriov.log",
      mtu: 9000,
      promisc: "on",
      allmulti: "off",
      ipam: { type: "" },
      capabilities: { mac: true, ips: true },
      dns: {},
    });
    expect(device).toBe("0000:3b:02.1");
    expect(knobs).toEqual({
      vlan: 100,
      vlanQoS: 5,
      vlanProto: "802.1ad",
      mac: MAC,
      spoofchk: false,
      trust: true,
      linkState: "enable",
      minTxRate: 100,
      maxTxRate: 200,
      mtu: 9000,
      promisc: true,
      allmulti: false,
    });
    expect(conf.logLevel).toBe("debug");
    expect(conf.ipam).toEqual({});
  });

  it("asks for nothing where nothing is written, null or empty", () => {
    const nothing = {
      vlan: null,
      mac: "",
      spoofchk: "",
      trust: null,
      link_state: "",
      logLevel: "",
    };
    expect(parse({}).knobs).toEqual({});
    expect(parse({ ...nothing, runtimeConfig: { mac: "" } })).toMatchObject({
      device: null,
      knobs: {},
    });
  });

  it("takes the device from whichever key Multus wrote it to, with or without domain", () => {
    expect(parse({ pciBusID: "3b:02.1" }).device).toBe("0000:3b:02.1");
    expect(parse({ runtimeConfig: { deviceID: "0000:3b:02.1" } }).device).toBe("0000:3b:02.1");
    expect(refusal({ deviceID: "0000:3b:02.1", pciBusID: "0000:3b:02.2" })).toBe(
      '7: invalid network configuration: pciBusID = "0000:3b:02.2": deviceID is 0000:3b:02.1; ' +
        "accepted: the same device, or one key of the two",
    );
  });

  it("prefers the MAC of runtimeConfig to that of CNI_ARGS, and that to the file's", () => {
    const [file, args, runtime] = ["02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"];
    expect(parse({ mac: file }).knobs.mac).toBe(file);
    expect(parse({ mac: file }, { MAC: args }).knobs.mac).toBe(args);
    expect(parse({ mac: file, runtimeConfig: { mac: runtime } }, { MAC: args }).knobs.mac).toBe(
      runtime,
    );
  });

  it.each([
    [{ vlan: 4095 }, "vlan = 4095", "an integer from 0 to 4094 (VLAN id; 0 for none)"],
    [{ vlan: -1 }, "vlan = -1", "an integer from 0 to 4094"],
    [{ vlan: "100" }, 'vlan = "100"', "an integer from 0 to 4094"],
    [{ vlan: 1, vlanQoS: 8 }, "vlanQoS = 8", "an integer from 0 to 7 (priority)"],
    [{ vlanQoS: 3 }, "vlanQoS = 3: there is no vlan", "0, or a vlan from 1 to 4094"],
    [{ vlan: 0, vlanQoS: 3 }, "vlanQoS = 3: there is no vlan", "0, or a vlan from 1 to 4094"],
    [{ vlanProto: "802.1ad" }, 'vlanProto = "802.1ad": there is no vlan', "802.1q, or a vlan"],
    [{ vlan: 5, vlanProto: "qinq" }, 'vlanProto = "qinq"', "one of 802.1q, 802.1ad"],
    [{ mac: "01:00:5e:00:00:01" }, 'mac = "01:00:5e:00:00:01"', "a unicast MAC address"],
    [{ mac: "00:00:00:00:00:00" }, 'mac = "00:00:00:00:00:00"', "a unicast MAC address"],
    [{ runtimeConfig: { mac: "x" } }, 'runtimeConfig.mac = "x"', "a unicast MAC address"],
    [{ spoofchk: true }, "spoofchk = true", "one of on, off"],
    [{ trust: "yes" }, 'trust = "yes"', "one of on, off"],
    [{ link_state: "up" }, 'link_state = "up"', "one of auto, enable, disable"],
    [{ min_tx_rate: -1 }, "min_tx_rate = -1", "an integer from 0 to 2147483647 (Mbit/s"],
    [
      { min_tx_rate: 300, max_tx_rate: 200 },
      "min_tx_rate = 300: it is above max_tx_rate = 200",
      "0 to 200 (Mbit/s)",
    ],
    [
      { promisc: "on" },
      'promisc = "on": only a VF with trust = on may hear what is not for it',
      "off, or on together with trust = on",
    ],
    [{ allmulti: "on", trust: "off" }, 'allmulti = "on": only a VF with trust', "off, or on"],
    [{ mtu: 67 }, "mtu = 67", "an integer from 68 to 65535 (bytes)"],
    [{ deviceID: "eth0" }, 'deviceID = "eth0"', 'the PCI address of a VF like "0000:3b:02.1"'],
    [{ logLevel: "loud" }, 'logLevel = "loud"', "one of panic"],
    [{ logFile: "sriov.log" }, 'logFile = "sriov.log"', "an absolute path"],
    [{ mode: "afxdp" }, 'mode = "afxdp"', '"fastpath" or "vf"'],
    [{ ipam: { type: "./sh" } }, 'ipam.type = "./sh"', '"millrace"'],
    [{ pool: "a/b/c" }, 'pool = "a/b/c"', 'the name of a pool like "fast"'],
  ])("refuses %j, naming key, value and what is accepted", (more, subject, accepted) => {
    const text = refusal(more);
    expect(text).toContain(`7: invalid network configuration: ${subject}`);
    expect(text).toContain(`; accepted: ${accepted}`);
  });

  it("takes an unlimited maximum below a minimum, and neutral values without a vlan", () => {
    expect(refusal({ min_tx_rate: 300, max_tx_rate: 0 })).toBe("taken");
    expect(refusal({ vlan: 0, vlanQoS: 0, vlanProto: "802.1q" })).toBe("taken");
    expect(refusal({ promisc: "on", allmulti: "on", trust: "on" })).toBe("taken");
  });

  it("refuses a MAC in CNI_ARGS as the variable's fault", () => {
    expect(refusal({}, { MAC: "x" })).toBe(
      '4: invalid CNI_ARGS: MAC = "x"; accepted: a unicast MAC address like "02:00:00:00:00:01"',
    );
  });

  it("refuses keys and capabilities that nobody would honour", () => {
    expect(refusal({ vlanID: 5 })).toContain(
      "2: unsupported field in the network configuration: vlanID = 5; accepted: the keys deviceID,",
    );
    expect(refusal({ runtimeConfig: { bandwidth: {} } })).toContain(
      "runtimeConfig.bandwidth = {}; accepted: the keys mac, deviceID, ips",
    );
  });
});
