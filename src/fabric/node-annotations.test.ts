import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnnotationError } from "./annotation-error.ts";
import type { FabricNode } from "./fabric.ts";
import { isNodeAnnotation, readNodeAnnotations, writeNodeAnnotations } from "./node-annotations.ts";

const node: FabricNode = {
  name: "b",
  vteps: [
    { udpPort: 4789, address4: "192.0.2.12", address6: "2001:db8::12" },
    { udpPort: 8472, address4: "192.0.2.12", address6: "" },
  ],
  networks: [
    { vni: 100, udpPort: 4789, mac: "0a:00:00:00:00:01", prefixes: ["10.1.0.0/24"], endpoints: [] },
    {
      ...{ vni: 200, udpPort: 4789, mac: "", prefixes: [] },
      endpoints: [{ mac: "0e:00:00:00:00:01", addresses: ["10.2.0.5", "fd00::5"] }],
    },
  ],
};
const written = Object.fromEntries(writeNodeAnnotations(node));

describe("a node's own annotations", () => {
  test("are these bytes", () => {
    expect(written).toEqual({
      "millrace.io/vteps":
        '[{"udpPort":4789,"address4":"192.0.2.12","address6":"2001:db8::12"},' +
        '{"udpPort":8472,"address4":"192.0.2.12","address6":""}]',
      "millrace.io/networks":
        '[{"vni":100,"udpPort":4789,"mac":"0a:00:00:00:00:01","prefixes":["10.1.0.0/24"]},' +
        '{"vni":200,"udpPort":4789,"mac":"","prefixes":[]}]',
      "millrace.io/endpoints-4789-200":
        '[{"mac":"0e:00:00:00:00:01","addresses":["10.2.0.5","fd00::5"]}]',
    });
    expect(Object.keys(written).every(isNodeAnnotation)).toBe(true);
    expect(isNodeAnnotation("millrace.io/note")).toBe(false);
  });

  test("say the same when they are read again", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const endpoint = fc.tuple(octet, octet).map(([a, b]) => ({
      mac: `0e:00:00:00:00:${a.toString(16).padStart(2, "0")}`,
      addresses: [`10.${a}.${b}.1`, `fd00::${(b + 1).toString(16)}:1`],
    }));
    const networks = fc.uniqueArray(fc.integer({ min: 1, max: 0xffffff }), { maxLength: 5 });
    fc.assert(
      fc.property(networks, fc.array(endpoint, { maxLength: 20 }), (vnis, endpoints) => {
        const random = {
          ...node,
          networks: vnis.map((vni) => ({
            ...{ vni, udpPort: 8472, mac: "", prefixes: ["fd00:1::/64"], endpoints },
          })),
        };
        const annotations = Object.fromEntries(writeNodeAnnotations(random));
        expect(readNodeAnnotations("b", annotations)).toEqual(random);
      }),
    );
  });

  test("are none for a Node that has only others", () => {
    expect(readNodeAnnotations("b", { "example.org/other": "1" })).toBeNull();
  });

  test("are read in whatever spelling, with what a later version adds left out", () => {
    const read = readNodeAnnotations("b", {
      "millrace.io/vteps": '[{"udpPort":4789,"address6":"2001:DB8:0::1","weight":3}]',
      "millrace.io/networks":
        '[{"vni":1,"udpPort":4789,"mac":"0A:00:00:00:00:01","prefixes":["FD00:0:0::/48"]}]',
    });
    expect(read).toEqual({
      name: "b",
      vteps: [{ udpPort: 4789, address4: "", address6: "2001:db8::1" }],
      networks: [
        {
          ...{ vni: 1, udpPort: 4789, mac: "0a:00:00:00:00:01" },
          ...{ prefixes: ["fd00::/48"], endpoints: [] },
        },
      ],
    });
  });
});

describe("annotations that make no sense", () => {
  const wrong: [string, string | undefined, string][] = [
    ["vteps", undefined, "missing"],
    ["networks", undefined, "missing"],
    ["vteps", "{}", "accepted: a list"],
    ["vteps", '[{"udpPort":4789}]', "VTEPs with an address4 or an address6"],
    ["vteps", '[{"udpPort":1,"address4":"10.0.0.1"},{"udpPort":1,"address4":"10.0.0.2"}]', "once"],
    ["vteps", '[{"udpPort":1,"address4":"2001:db8::1"}]', 'accepted: "" or a unicast IPv4'],
    ["vteps", '[{"udpPort":1,"address6":"ff02::1"}]', 'accepted: "" or a unicast IPv6'],
    ["vteps", '[{"udpPort":1,"address4":"0.0.0.0"}]', "unicast"],
    ["networks", '[{"vni":0,"udpPort":4789}]', "accepted: an integer from 1 to 16777215 (VNI)"],
    ["networks", '[{"vni":1,"udpPort":4789,"prefixes":["10.1.0.1/24"]}]', "CIDR prefix"],
    ["networks", '[{"vni":1,"udpPort":4789,"mac":"00:00:00:00:00:00"}]', "unicast MAC"],
    ["networks", '[{"vni":1,"udpPort":53}]', "VNI 1 is on UDP port 53"],
    ["endpoints-4789-200", '[{"addresses":["10.1"]}]', '[0]["addresses"][0]: accepted: an address'],
    ["endpoints-4789-200", "", "accepted: JSON"],
  ];
  test.each(
    wrong,
  )("millrace.io/%s = %s is refused with its key and the reason", (key, value, reason) => {
    const { [`millrace.io/${key}`]: _, ...rest } = written;
    const annotations = value === undefined ? rest : { ...rest, [`millrace.io/${key}`]: value };
    const read = () => readNodeAnnotations("b", annotations);
    expect(read).toThrow(AnnotationError);
    expect(read).toThrow(expect.objectContaining({ key: `millrace.io/${key}` }));
    expect(read).toThrow(reason);
  });
});
