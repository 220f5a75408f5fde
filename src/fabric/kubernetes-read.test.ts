import { describe, expect, test } from "vitest";
import type { FabricNode } from "./fabric.ts";
import { writeFlannelAnnotations } from "./flannel-publish.ts";
import type { AnnotationMode } from "./kubernetes-patch.ts";
import { readNode } from "./kubernetes-read.ts";
import { writeNodeAnnotations } from "./node-annotations.ts";

const FLANNEL = "flannel.alpha.coreos.com";
const CIDRS = ["10.244.2.0/24"];
const [MAC, THEIRS] = ["0a:00:00:00:00:0c", "12:c6:65:89:b4:e3"];
const NODE: FabricNode = {
  name: "b",
  vteps: [{ udpPort: 8472, address4: "192.0.2.12", address6: "" }],
  networks: [
    { vni: 1, udpPort: 8472, mac: MAC, prefixes: CIDRS, endpoints: [] },
    { vni: 5, udpPort: 8472, mac: "", prefixes: [], endpoints: [{ mac: MAC, addresses: [] }] },
  ],
};

const OURS = Object.fromEntries(writeNodeAnnotations(NODE));
const FLANNELS = Object.fromEntries(
  writeFlannelAnnotations(NODE, { annotations: {}, podCidrs: CIDRS }, 1),
);
const backend = (vni: number, mac: string, key = "backend-data") => ({
  [`${FLANNEL}/${key}`]: JSON.stringify({ VNI: vni, VtepMAC: mac }),
});

function read(annotations: Record<string, string>, mode: AnnotationMode = "both", own = NODE) {
  const metadata = { name: "b", resourceVersion: "1", annotations };
  const options = { annotations: mode, flannelBackendVni: 1 };
  return readNode({ metadata, spec: { podCIDRs: CIDRS } }, options, own);
}

describe("of a Node with annotations of both", () => {
  test("ours are read where both say the same", () => {
    expect(read({ ...OURS, ...FLANNELS })).toEqual(NODE);
  });

  const other: [string, Record<string, string>][] = [
    ["another MAC address", backend(1, THEIRS)],
    ["the same one in another network", backend(2, MAC)],
    ["another MAC address for IPv6 alone", backend(1, THEIRS, "backend-v6-data")],
  ];
  test.each(other)("none are read where flannel's have %s", (_, annotations) => {
    const all = { ...OURS, ...FLANNELS, ...annotations };
    expect(() => read(all)).toThrow(expect.objectContaining({ key: "millrace.io/networks" }));
    expect(() => read(all)).toThrow(
      "if flanneld runs there now: kubectl annotate node b millrace.io/endpoints-8472-5- " +
        "millrace.io/networks- millrace.io/vteps-; " +
        `if Millrace does: kubectl annotate node b ${FLANNEL}/backend-type-`,
    );
    // Both remedies are ones.
    expect(read({ ...FLANNELS, ...backend(1, THEIRS) })?.networks).toMatchObject([{ mac: THEIRS }]);
    const { [`${FLANNEL}/backend-type`]: _type, ...rest } = all;
    expect(read(rest)).toEqual(NODE);
    // Who reads one kind alone is not concerned.
    expect(read(all, "millrace")).toEqual(NODE);
  });

  test("ours are read where flannel's make no sense, or are not about VXLAN", () => {
    const broken = { ...FLANNELS, [`${FLANNEL}/backend-data`]: "{" };
    expect(read({ ...OURS, ...broken })).toEqual(NODE);
    const hostGw = { ...FLANNELS, ...backend(1, THEIRS), [`${FLANNEL}/backend-type`]: "host-gw" };
    expect(read({ ...OURS, ...hostGw })).toEqual(NODE);
  });
});

describe("of a Node with flannel's annotations alone", () => {
  test("those of another network are refused", () => {
    expect(() => read({ ...FLANNELS, ...backend(5, THEIRS) })).toThrow(
      "VNI 5; accepted: VNI 1 (fabric.flannelBackendVni)",
    );
  });

  test("the UDP port is that of our routed network with flannel's VNI, else flannel's own", () => {
    const own = { ...NODE, networks: NODE.networks.map((one) => ({ ...one, udpPort: 4789 })) };
    expect(read(FLANNELS, "flannel", own)?.networks).toMatchObject([{ vni: 1, udpPort: 4789 }]);
    const none = { ...own, networks: own.networks.slice(1) };
    expect(read(FLANNELS, "flannel", none)?.networks).toMatchObject([{ vni: 1, udpPort: 8472 }]);
  });
});
