import { describe, expect, it } from "vitest";
import { findPort, portName } from "./forwarding-find.ts";
import { fakeHost } from "./forwarding-fixture.ts";
import type { TablePort } from "./forwarding-model.ts";

const ports = fakeHost().ports();
const find = (text: string, among: TablePort[] = ports) => findPort(among, text, "from").port;

describe("findPort", () => {
  it.each([
    ["its number", "3"],
    ["its interface", "mr3"],
    ["containerId:ifname", "c3:eth0"],
    ["the containerId", "c3"],
    ["namespace/name", "default/db-0"],
    ["the name of the pod alone", "db-0"],
    ["an address of the pod", "10.2.0.2"],
  ])("finds a port by %s", (_, text) => {
    expect(find(text)).toBe(3);
  });

  it("finds an IPv6 address in any spelling", () => {
    expect(find("FD00:1:0::2")).toBe(0);
  });

  it("finds an uplink by its interface", () => {
    expect(find("up1")).toBe(2);
  });

  it("lists the candidates when several are meant", () => {
    expect(() => find("eth0")).toThrow(
      'from = "eth0": 3 ports are called so; name one of mr0 (default/web-0), mr3 (default/db-0), mr4 (default/vm-0)',
    );
  });

  it("lists what there is when nothing is meant", () => {
    expect(() => find("web-9")).toThrow(
      'from = "web-9": no such port; there is mr0 (default/web-0)',
    );
    expect(() => find("web-9", [])).toThrow("no port is there yet");
  });

  it("does not list hundreds", () => {
    const many = Array.from({ length: 40 }, (_, port) => {
      return { ...(ports[1] as TablePort), port, ifname: `up${port}` };
    });
    expect(() => find("x", many)).toThrow(/up9 and 30 more$/);
  });

  it("prefers the name of an interface in the node to one in a pod", () => {
    const odd = { ...(ports[1] as TablePort), port: 9, ifname: "eth0" };
    expect(find("eth0", [...ports, odd])).toBe(9);
  });
});

describe("portName", () => {
  it("says whose port it is, with a containerId as short as crictl shows it", () => {
    const attachment = `${"ab".repeat(32)}:eth0`;
    expect(portName({ ifname: "mr7", attachment, pod: "" })).toBe("mr7 (ababababababa…:eth0)");
    expect(portName({ ifname: "up0", attachment: "", pod: "" })).toBe("up0");
  });
});
