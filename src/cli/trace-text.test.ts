import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { TraceView } from "../agent/forwarding-view.ts";
import { lines } from "./fixture.ts";
import { reachesSomebody, renderTrace } from "./trace-text.ts";

const UP0 = { port: 1, ifname: "up0", attachment: "", pod: "" };
const POD = { port: 3, ifname: "mr3", attachment: "c1:eth0", pod: "default/web-0" };
const MAC = "02:00:00:00:00:99";

describe("the trace", () => {
  const trace: TraceView = {
    from: POD,
    network: "blue",
    source: "10.1.0.2",
    destination: "10.9.0.7",
    protocol: "udp",
    sourcePort: 40000,
    destinationPort: 9,
    steps: [
      { node: "ethernet_input", facts: { destination_mac: MAC, source_mac: "02:00:00:00:00:03" } },
      {
        node: "ip4_forward",
        facts: {
          source_check: "own",
          route: "10.9.0.0/24",
          route_type: "unicast",
          route_source: "kernel",
          next_hop: "10.0.12.2",
          bucket: 17,
          members: 2,
          adjacency: "rewrite",
          mac: MAC,
          port: 1,
          mtu: 1500,
          ttl: 63,
        },
      },
      { node: "transmit", facts: { port: 1 } },
    ],
    verdict: "sent",
    ports: [UP0],
    reason: "",
    frame: "",
    lane: "off",
    names: { 1: "up0", 3: "mr3 (default/web-0)" },
    networks: { 0: "blue", 1: "red" },
  };
  const text = (more: Partial<TraceView>) =>
    stripVTControlCharacters(renderTrace({ ...trace, ...more }));
  const facts = (given: Record<string, string | number>) =>
    lines(text({ steps: [{ node: "n", facts: given }] }))[1]?.replace(/^1 n ?/, "");

  it("tells node by node which entry decided", () => {
    expect(text({})).toBe(
      [
        "web-0 (10.1.0.2, port 3 mr3) -> 10.9.0.7 udp 40000 -> 9",
        ` 1 ethernet_input  to ${MAC} from 02:00:00:00:00:03`,
        " 2 ip4_forward     source is the pod's own; route 10.9.0.0/24 via 10.0.12.2 (kernel); " +
          `bucket 17 of 2 next hops -> neighbour ${MAC} on up0; MTU 1500; TTL 63`,
        " 3 transmit        -> up0",
        "sent by up0",
        "",
      ].join("\n"),
    );
  });

  it("knows the other facts as well, and shows unknown ones as they are", () => {
    expect(facts({ route: "10.2.0.0/24", route_type: "leak" })).toBe("route 10.2.0.0/24 leak");
    expect(facts({ fdb: MAC, fdb_source: "learned", vlan: 10, port: 3 })).toBe(
      `VLAN 10; FDB ${MAC} (learned) -> mr3 (default/web-0)`,
    );
    expect(facts({ route: "10.2.0.0/24", leak_to: 1, port: 3 })).toBe(
      "route 10.2.0.0/24; routes of red decide -> mr3 (default/web-0)",
    );
    expect(facts({ vlan: 10, members: 3 })).toBe("VLAN 10; 3 members");
    expect(facts({ icmp_type: 11, icmp_code: 0, reason: "ttl-expired" })).toBe(
      "dropped: ttl-expired; answered by ICMP type 11 code 0",
    );
    expect(facts({ source_check: "spoofed", adjacency: "no-route" })).toBe(
      "source does not belong to this port; no-route",
    );
    expect(facts({ reason: "no-route", icmp: "3/0" })).toBe(
      "dropped: no-route; answered by ICMP 3/0",
    );
    expect(facts({ adjacency: "glean", next_hop: "", port: 9 })).toBe(
      "the destination is a neighbour whose MAC is not known yet -> port 9",
    );
    expect(facts({ mac: MAC, source_check: "loose", hash: 5 })).toBe(
      `source check: loose; MAC ${MAC}; hash=5`,
    );
    expect(facts({ route_source: "pod", members: 3 })).toBe("route from pod; 3 members");
    expect(facts({})).toBe("");
  });

  it.each<[string, Partial<TraceView>, string, boolean]>([
    ["sent", {}, "sent by up0", true],
    ["flooded", { verdict: "flooded", ports: [UP0, POD] }, "flooded to up0, mr3 (def", true],
    ["echoed", { verdict: "answered", ports: [] }, "answered by the gateway", true],
    [
      "refused with an error",
      { verdict: "answered", reason: "ttl-expired" },
      "answered with an error: ttl-expired",
      false,
    ],
    ["dropped", { verdict: "dropped", reason: "no-route" }, "dropped: no-route", false],
    ["waiting", { verdict: "waiting" }, "waits until the neighbour is resolved", false],
  ])("ends with what becomes of a packet that is %s", (_, more, words, reaches) => {
    expect(text(more).trimEnd().split("\n").at(-1)).toContain(words);
    expect(reachesSomebody({ ...trace, ...more })).toBe(reaches);
  });

  it.each([
    ["known", "flow lane: forwards this flow, past the nodes above"],
    ["new", "flow lane: not this flow yet, once a packet of it has passed"],
    ["no-flow", "flow lane: leaves such packets to the nodes above"],
    ["off", "sent by up0"],
  ] as const)("ends with the flow lane where there is one: %s", (lane, words) => {
    expect(text({ lane }).trimEnd().split("\n").at(-1)).toBe(words);
  });

  it("names a pod by its container where the runtime does not say more, and ICMP has no ports", () => {
    const from = { ...POD, pod: "" };
    expect(lines(text({ from, protocol: "icmp" }))[0]).toBe(
      "c1:eth0 (10.1.0.2, port 3 mr3) -> 10.9.0.7 icmp",
    );
  });
});
