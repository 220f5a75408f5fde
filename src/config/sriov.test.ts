import { describe, expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { parseConfig } from "./load.ts";
import { configJsonSchema } from "./schema.ts";

type Keys = Record<string, unknown>;

const policy = (more: Keys = {}) => ({
  name: "fast",
  selectors: { pfNames: ["ens1f0"] },
  numVfs: 4,
  ...more,
});
const pool = (more: Keys = {}) => ({ name: "vf", selectors: { drivers: ["igbvf"] }, ...more });

const parse = (sriov: unknown) =>
  parseConfig(JSON.stringify({ sriov }), "a.yaml", { cpus: [0] }).sriov;

function failure(sriov: unknown): string {
  try {
    parse(sriov);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace("a.yaml:1: ", "");
    throw error;
  }
  throw new Error("the configuration was accepted");
}

const ANY = {
  vendors: [],
  devices: [],
  drivers: [],
  pfNames: [],
  pciAddresses: [],
  rootDevices: [],
};

describe("the key sriov", () => {
  it("needs nothing, and then asks for nothing", () => {
    expect(parseConfig("", "a.yaml", { cpus: [0] }).sriov).toEqual({
      ...{ policies: [], pools: [], reuseCooldown: 0, warmVfs: 0, registration: "register" },
      kubeletDir: "/var/lib/kubelet",
    });
  });

  it("has defaults for all but names and selectors", () => {
    expect(parse({ policies: [policy()], pools: [pool()] })).toEqual({
      ...{ kubeletDir: "/var/lib/kubelet", reuseCooldown: 0, warmVfs: 0 },
      registration: "register",
      policies: [
        {
          name: "fast",
          selectors: { ...ANY, pfNames: ["ens1f0"] },
          numVfs: 4,
          allowDefaultRoute: false,
        },
      ],
      pools: [
        {
          name: "vf",
          resourcePrefix: "millrace.io",
          selectors: { ...ANY, drivers: ["igbvf"] },
          devicePlugin: true,
          pfPreference: "spread",
          excludeTopology: false,
          additionalInfo: {},
        },
      ],
    });
  });

  it("keeps what is written", () => {
    const selectors = {
      vendors: ["8086", "15b3"],
      devices: ["154C"],
      drivers: ["mlx5_core", "vfio-pci"],
      pfNames: ["ens1f0#0-3,5", "ens1f1"],
      pciAddresses: ["0000:01:10.0", "10000:e1:00.1"],
      rootDevices: ["0000:AF:00.0#1"],
    };
    const additionalInfo = { "*": { token: "abc" }, "0000:01:10.0": { mac: "x" } };
    const whole = pool({
      selectors,
      resourcePrefix: "intel.com",
      name: "sriov_net.A-1",
      additionalInfo,
    });
    expect(parse({ pools: [whole] }).pools[0]).toMatchObject(whole);
    const vfio = policy({
      selectors: { pfNames: ["ens1f0#2-3"] },
      driver: "vfio-pci",
      allowDefaultRoute: true,
    });
    expect(parse({ policies: [vfio] }).policies[0]).toMatchObject(vfio);
  });

  it("is in the JSON Schema", () => {
    const text = JSON.stringify(configJsonSchema());
    for (const word of ["pfNames", "allowDefaultRoute", "additionalInfo"]) {
      expect(text).toContain(`"${word}"`);
    }
  });

  it.each<[Keys, string]>([
    [{ vendors: [8086] }, "vendors[0] = 8086: accepted: four hex digits in quotes"],
    [
      { vendors: ["0x8086"] },
      'vendors[0] = "0x8086": accepted: four hex digits in quotes like "8086"',
    ],
    [{ devices: ["10c"] }, 'devices[0] = "10c": accepted: four hex digits'],
    [{ drivers: ["a b"] }, 'drivers[0] = "a b": accepted: the name of a PCI driver like "igbvf"'],
    [
      { pfNames: ["a/b"] },
      'pfNames[0] = "a/b": accepted: the name of a PF, with or without VFs of it',
    ],
    [{ pfNames: ["..#1"] }, 'pfNames[0] = "..#1": accepted: the name of a PF'],
    [
      { pfNames: ["ens1f0#0-3,2"] },
      'pfNames[0] = "ens1f0#0-3,2": 2 is out of order after 0-3; accepted: the name',
    ],
    [
      { pfNames: ["a", "ens1f0#3-1"] },
      'pfNames[1] = "ens1f0#3-1": range 3-1 is out of order; accepted: the name',
    ],
    [
      { pfNames: ["ens1f0#1--3"] },
      'pfNames[0] = "ens1f0#1--3": "1--3" is neither a number nor a range of VFs',
    ],
    [
      { pciAddresses: ["01:00.0"] },
      'pciAddresses[0] = "01:00.0": accepted: a PCI address with its domain',
    ],
    [
      { pciAddresses: ["0000:01:00.8"] },
      'accepted: a PCI address with its domain like "0000:01:00.0"',
    ],
    [
      { rootDevices: ["0000:01:00.0#x"] },
      "accepted: the PCI address of a PF, with or without VFs of it",
    ],
    [
      { rootDevices: ["0000:01:00.0#9,"] },
      '"" is neither a number nor a range of VFs; accepted: the PCI',
    ],
    [
      { vendor: ["8086"] },
      'vendor = ["8086"]: unknown key; accepted: the keys vendors, devices, drivers, pf',
    ],
    [{ pfNames: "ens1f0" }, 'pfNames = "ens1f0": accepted: a list of names of PFs'],
  ])("refuses the selectors %j: %s", (selectors, message) => {
    expect(failure({ pools: [pool({ selectors })] })).toContain("sriov.pools[0].selectors.");
    expect(failure({ pools: [pool({ selectors })] })).toContain(message);
    expect(failure({ policies: [policy({ selectors, numVfs: 9 })] })).toContain(message);
  });
});

describe("a policy", () => {
  it.each<[Keys, string]>([
    [policy({ name: "A" }), 'policies[0].name = "A": accepted: 1 to 63 lower-case letters'],
    [policy({ numVfs: -1 }), "policies[0].numVfs = -1: accepted: an integer from 0 to 256 (VFs)"],
    [policy({ numVfs: 257 }), "policies[0].numVfs = 257: accepted: an integer from 0 to 256 (VFs)"],
    [
      policy({ driver: "igbvf" }),
      'policies[0].driver = "igbvf": accepted: one of kernel, vfio-pci',
    ],
    [
      policy({ allowDefaultRoute: 1 }),
      "policies[0].allowDefaultRoute = 1: accepted: true or false",
    ],
    [
      policy({ selectors: undefined }),
      "policies[0].selectors: missing; accepted: the keys vendors",
    ],
    [
      policy({ selectors: {} }),
      "every PF of the node would be meant; accepted: at least one of vendors, devices, drivers",
    ],
    [
      policy({ numVfs: undefined }),
      "policies[0].numVfs: missing, and driver too, so the policy asks for nothing; accepted: numVfs,",
    ],
    [
      policy({ selectors: { pfNames: ["ens1f0#0-4"] } }),
      'policies[0].selectors.pfNames[0] = "ens1f0#0-4": there is no VF 4 when numVfs is 4; accepted: VFs below 4',
    ],
  ])("%j is refused: %s", (one, message) => {
    expect(failure({ policies: [one] })).toContain(message);
  });

  it.each<[Keys, Keys]>([
    [{ pfNames: ["ens1f0"] }, { pfNames: ["ens1f0"] }],
    [{ pfNames: ["ens1f0#0-1"] }, { pfNames: ["ens1f0#2-3"] }],
    [{ vendors: ["8086"] }, { vendors: ["8086"], pfNames: ["ens1f0"] }],
    [{ pciAddresses: ["0000:01:00.0"] }, { rootDevices: ["0000:01:00.0"] }],
  ])("is refused when another selects the same PF: %j and %j", (first, second) => {
    const policies = [policy({ selectors: first }), policy({ name: "slow", selectors: second })];
    const message = "policies fast and slow select the same PF; accepted: each PF in one policy";
    expect(failure({ policies })).toContain(message);
    expect(failure({ policies: [...policies].reverse() })).toContain(
      message.replace("fast and slow", "slow and fast"),
    );
  });

  it("is taken next to another that only the node could tell to select the same PF", () => {
    const other = policy({ name: "slow", selectors: { vendors: ["8086"], devices: ["1572"] } });
    expect(parse({ policies: [policy(), other] }).policies).toHaveLength(2);
  });

  it("is refused when another has its name", () => {
    const other = policy({ selectors: { pfNames: ["ens1f1"] } });
    expect(failure({ policies: [policy(), other] })).toBe(
      'sriov.policies[1].name = "fast": another policy has this name; accepted: a unique name',
    );
  });
});

describe("a pool", () => {
  it.each<[Keys, string]>([
    [{ name: "-a" }, 'name = "-a": accepted: 1 to 63 letters, digits and inner - _ .'],
    [{ name: "a/b" }, 'name = "a/b"'],
    [{ name: "a".repeat(64) }, "accepted: 1 to 63 letters"],
    [{ resourcePrefix: "kubernetes.io" }, 'resourcePrefix = "kubernetes.io": accepted: a DNS name'],
    [{ resourcePrefix: "x.kubernetes.io" }, "not of kubernetes.io"],
    [{ resourcePrefix: "requests.a" }, "accepted: a DNS name"],
    [{ resourcePrefix: "Intel.com" }, "a DNS name in lower case of at most 244 characters"],
    [{ excludeTopology: "no" }, 'excludeTopology = "no": accepted: true or false'],
    [
      { additionalInfo: 1 },
      "additionalInfo = 1: accepted: keys with their texts, by a PCI address",
    ],
    [
      { additionalInfo: { "01:00.0": { a: "b" } } },
      'keys with their texts, by a PCI address with its domain like "0000:01:00.0" or "*"',
    ],
    [{ additionalInfo: { "*": { a: 1 } } }, "additionalInfo.*.a = 1: accepted: a text"],
    [
      { isRdma: true },
      "isRdma = true: unknown key; accepted: the keys name, resourcePrefix, selectors",
    ],
  ])("%j is refused: %s", (keys, message) => {
    const text = failure({ pools: [pool(keys)] });
    expect(text).toContain("sriov.pools[0].");
    expect(text).toContain(message);
  });

  it("may select every VF", () => {
    expect(parse({ pools: [pool({ selectors: {} })] }).pools).toHaveLength(1);
  });

  it("is refused when pods could not tell it from another", () => {
    const pools = [
      pool({ name: "vf.a" }),
      pool({ name: "VF_A", selectors: { vendors: ["8086"] } }),
    ];
    expect(failure({ pools })).toBe(
      'sriov.pools[1].name = "VF_A": pools millrace.io/vf.a and millrace.io/VF_A share the variable' +
        " PCIDEVICE_MILLRACE_IO_VF_A of pods; accepted: a name that differs in more than case, dots" +
        " and underscores",
    );
    expect(
      parse({ pools: [pool(), pool({ resourcePrefix: "b.io", selectors: { vendors: ["8086"] } })] })
        .pools,
    ).toHaveLength(2);
  });

  it("is refused when one before it leaves it nothing", () => {
    const all = pool({ name: "all", selectors: {} });
    expect(failure({ pools: [all, pool()] })).toContain("sriov.pools[1].selectors = ");
    expect(failure({ pools: [all, pool()] })).toContain(
      "pool millrace.io/all before millrace.io/vf takes all these VFs; accepted: the pool with fewer",
    );
    expect(parse({ pools: [pool(), all] }).pools).toHaveLength(2);
  });
});
