import { expect, test } from "vitest";
import { decodeEndpoint, decodeNode, encodeNode } from "./etcd-codec.ts";
import type { FabricNode } from "./fabric.ts";

const MAC = "02:00:00:00:00:01";
const NODE: FabricNode = {
  name: "a",
  vteps: [
    { udpPort: 4789, address4: "192.0.2.1", address6: "2001:db8::1" },
    { udpPort: 8472, address4: "192.0.2.1", address6: "" },
  ],
  networks: [
    {
      ...{ vni: 100, udpPort: 4789, mac: MAC, prefixes: ["10.1.0.0/24", "fd00:1::/64"] },
      endpoints: [{ mac: MAC, addresses: ["10.9.0.1", "fd00::1"] }],
    },
  ],
};

test("What is written of a node can be read again; the node's own key comes first", () => {
  const [[nodeKey, body] = ["", ""], [endpointKey, endpoint] = ["", ""], ...more] = [
    ...encodeNode("/p", NODE),
  ];
  expect([nodeKey, endpointKey]).toEqual(["/p/nodes/a", `/p/endpoints/4789-100/a/${MAC}`]);
  expect(more).toEqual([]);
  const [network] = NODE.networks;
  const { endpoints, ...rest } = network as NonNullable<typeof network>;
  expect(decodeNode(body)).toEqual({ vteps: NODE.vteps, networks: [rest] });
  expect(decodeEndpoint(endpoint)).toEqual(endpoints[0]?.addresses);
});

test("Keys that a later release may add are passed over", () => {
  const vteps = [{ udpPort: 4789, address6: "2001:db8::1", weight: 3 }];
  const text = JSON.stringify({ version: 1, vteps, networks: [], labels: {} });
  const vtep = { udpPort: 4789, address4: "", address6: "2001:db8::1" };
  expect(decodeNode(text)).toEqual({ vteps: [vtep], networks: [] });
});

test("What has several spellings is told in one", () => {
  const vteps = [{ udpPort: 4789, address4: "", address6: "2001:DB8:0::1" }];
  const prefixes = ["fd00:1:0:0::/64"];
  const networks = [{ vni: 1, udpPort: 4789, mac: "0A:00:00:00:00:01", prefixes }];
  expect(decodeNode(JSON.stringify({ version: 1, vteps, networks }))).toEqual({
    vteps: [{ udpPort: 4789, address4: "", address6: "2001:db8::1" }],
    networks: [{ vni: 1, udpPort: 4789, mac: "0a:00:00:00:00:01", prefixes: ["fd00:1::/64"] }],
  });
  const addresses = ["10.0.0.1", "FD00::1", "fd00:0:0::2", "fd00::ffff:1", "1:2:3::5:6:7:8"];
  expect(decodeEndpoint(JSON.stringify({ version: 1, addresses }))).toEqual([
    ...["10.0.0.1", "fd00::1", "fd00::2", "fd00::ffff:1", "1:2:3:0:5:6:7:8"],
  ]);
});

const vtep = { udpPort: 4789, address4: "192.0.2.1", address6: "" };
const network = { vni: 1, udpPort: 4789, mac: "", prefixes: [] };
const node = { version: 1, vteps: [vtep], networks: [network] };

test.each([
  ["null", "null", /expected object/],
  ["no version", JSON.stringify({ ...node, version: undefined }), /^version: /],
  ["half of it", JSON.stringify(node).slice(0, 40), /^not JSON: /],
  ["no VTEP", JSON.stringify({ ...node, vteps: [], networks: [] }), /^vteps: /],
  ["two VTEPs of a port", JSON.stringify({ ...node, vteps: [vtep, vtep] }), /different udpPort/],
  ["a network twice", JSON.stringify({ ...node, networks: [network, network] }), /that differ/],
  [
    "a network without VTEP",
    JSON.stringify({ ...node, networks: [{ ...network, udpPort: 8472 }] }),
    /that of a VTEP/,
  ],
  [
    "a VNI of 25 bits",
    JSON.stringify({ ...node, networks: [{ ...network, vni: 2 ** 24 }] }),
    /^networks\.0\.vni: /,
  ],
  [
    "an IPv6 address for IPv4",
    JSON.stringify({ ...node, vteps: [{ ...vtep, address4: "::1" }] }),
    /^vteps\.0\.address4: "" or a unicast IPv4 address$/,
  ],
  [
    "a prefix with host bits",
    JSON.stringify({ ...node, networks: [{ ...network, prefixes: ["10.0.0.1/24"] }] }),
    /^networks\.0\.prefixes\.0: a CIDR prefix without host bits, like /,
  ],
  [
    "a MAC address of a group",
    JSON.stringify({ ...node, networks: [{ ...network, mac: "01:00:5e:00:00:01" }] }),
    /^networks\.0\.mac: "" or a unicast MAC address like /,
  ],
  [
    "a MAC address of zeros",
    JSON.stringify({ ...node, networks: [{ ...network, mac: "00:00:00:00:00:00" }] }),
    /^networks\.0\.mac: "" or a unicast MAC address like /,
  ],
  [
    "VNI 0",
    JSON.stringify({ ...node, networks: [{ ...network, vni: 0 }] }),
    /^networks\.0\.vni: an integer from 1 to 16777215 \(VNI\)$/,
  ],
  [
    "a VTEP on its own host",
    JSON.stringify({ ...node, vteps: [{ ...vtep, address4: "127.0.0.1" }] }),
    /^vteps\.0\.address4: "" or a unicast IPv4 address$/,
  ],
  [
    "a VTEP that is a group",
    JSON.stringify({ ...node, vteps: [{ ...vtep, address6: "ff02::1" }] }),
    /^vteps\.0\.address6: "" or a unicast IPv6 address$/,
  ],
])("A node is rejected that has %s", (_, text, reason) => {
  expect(() => decodeNode(text)).toThrow(reason);
});

test.each([
  "10.0.0",
  "fe80::1%eth0",
  "::ffff:10.0.0.1",
  "0:0:0:0:0:ffff:a00:1",
  "10.0.0.1/32",
])("An endpoint is rejected that has the address %s", (address) => {
  const text = JSON.stringify({ version: 1, addresses: ["10.0.0.2", "fd00::2", address] });
  expect(() => decodeEndpoint(text)).toThrow("addresses.2: an address like 10.1.0.1");
});
