import { expect } from "vitest";
import type { TraceView } from "../../src/agent/forwarding-view.ts";
import { addLanPod, bridged, foreignMac, learned, millrace } from "../fixtures/bridge.ts";
import { countersOf } from "../fixtures/counters.ts";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import { mustPing } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";

const config = { networks: [...NETWORKS, bridged()] };
const PREFIX = "10.81.9.0/24";

/** Traces as a person and as a program. Both must say the same. */
async function trace(lab: Lab, from: string, to: string, ...more: string[]) {
  const args = ["trace", "--from", from, "--to", to, ...more];
  const [text, json] = [await millrace(lab, ...args), await millrace(lab, ...args, "--json")];
  expect(json.exitCode).toBe(text.exitCode);
  const view = JSON.parse(json.stdout) as TraceView;
  return { exitCode: text.exitCode, text: text.stdout, view };
}

const nodes = ({ steps }: TraceView) => steps.map(({ node }) => node);

/** Frames that ports have sent to their pods. */
async function traffic(lab: Lab, pods: readonly Pod[]): Promise<number[]> {
  const all = await Promise.all(pods.map((pod) => countersOf(lab, pod)));
  return all.flatMap(({ counters }) => [counters["tx_packets"] ?? 0]);
}

for (const [family, a4, gateway] of [
  [4, "ip4", "gateway4"],
  [6, "ip6", "gateway6"],
] as const) {
  scenario(
    `A trace between pods of a routed network says sent and by which port, over IPv${family}`,
    { config },
    async (lab) => {
      const [a, b] = await lab.addPair();
      await mustPing(a, b[a4]);
      const before = await traffic(lab, [b]);
      const { exitCode, text, view } = await trace(lab, a.hostName, b[a4], "--proto", "tcp");
      console.log(text);
      expect(exitCode).toBe(0);
      expect(text).toContain(`sent by ${b.hostName}`);
      expect(view).toMatchObject({
        verdict: "sent",
        reason: "",
        source: a[a4],
        destination: b[a4],
      });
      expect(nodes(view)).toEqual(["ethernet_input", `ip${family}_forward`, "rewrite", "transmit"]);
      expect(view.ports).toMatchObject([{ ifname: b.hostName }]);
      const macs = `${b.mac}${a.gatewayMac}`.replaceAll(":", "");
      expect(view.frame.slice(0, 24)).toBe(macs);
      expect(await traffic(lab, [b])).toEqual(before);
      const echo = await trace(lab, a[a4], a[gateway], "--proto", "icmp");
      expect(echo.exitCode).toBe(0);
      expect(echo.view).toMatchObject({ verdict: "answered", reason: "" });
    },
  );
}

scenario(
  "A trace says why a packet of a routed network does not arrive, with status 1",
  { config },
  async (lab) => {
    const [a, b] = await lab.addPair();
    const add = await millrace(lab, "routes", "add", "--network", "blue", PREFIX, "--blackhole");
    expect(add).toMatchObject({ exitCode: 0, stderr: "" });
    const expected = [
      [await trace(lab, a.ip4, "10.81.9.1"), "dropped", "blackhole"],
      [await trace(lab, a.ip4, "192.0.2.1"), "answered", "no-route"],
      [await trace(lab, a.ip6, "2001:db8::1"), "answered", "no-route"],
      [await trace(lab, a.ip4, b.ip4, "--ttl", "1"), "answered", "ttl-expired"],
      [await trace(lab, a.ip4, b.ip4, "--length", "1501"), "answered", "mtu-exceeded"],
      [await trace(lab, a.ip4, b.ip4, "--source", b.ip4), "dropped", "source-address"],
      [await trace(lab, a.ip4, "127.0.0.1"), "dropped", "ip4-martian"],
    ] as const;
    for (const [{ exitCode, text, view }, verdict, reason] of expected) {
      expect({ exitCode, verdict: view.verdict, reason: view.reason }).toEqual({
        exitCode: 1,
        verdict,
        reason,
      });
      expect(text).toContain(reason);
    }
    const [blackhole] = expected[0];
    expect(JSON.stringify(blackhole.view.steps)).toContain(PREFIX);
    console.log(expected.map(([{ text }]) => text.trimEnd().split("\n").at(-1)).join("; "));
  },
);

scenario(
  "A trace in a bridged network tells the known from the unknown",
  { config },
  async (lab) => {
    const a = await addLanPod(lab, "a");
    const b = await addLanPod(lab, "b");
    const c = await addLanPod(lab, "c");
    const known = await trace(lab, a.key, b.ip4);
    expect(known).toMatchObject({ exitCode: 0, view: { verdict: "sent", network: "lan" } });
    expect(known.view.ports).toMatchObject([{ ifname: b.hostName }]);
    expect(known.view.frame.slice(0, 24)).toBe(`${b.mac}${a.mac}`.replaceAll(":", ""));
    expect(known.text).toContain(`sent by ${b.hostName}`);
    const dst = foreignMac(1);
    const unknown = await trace(lab, a.key, "10.83.1.77", "--mac", dst);
    expect(unknown).toMatchObject({ exitCode: 0, view: { verdict: "flooded", reason: "" } });
    expect(unknown.view.ports.map(({ ifname }) => ifname).sort()).toEqual(
      [b.hostName, c.hostName].sort(),
    );
    expect(nodes(unknown.view)).toContain("bridge_flood");
    expect(unknown.text).toContain("flooded to ");
    const spoofed = await trace(lab, a.key, b.ip4, "--source", c.ip4);
    expect(spoofed).toMatchObject({ exitCode: 1, view: { reason: "source-address" } });
    const tagged = await trace(lab, a.key, b.ip4, "--vlan", "7", "--mac", b.mac);
    console.log(known.text, unknown.text, spoofed.text, tagged.text);
    expect(await learned(lab)).toEqual([]);
  },
);

scenario(
  "A trace that cannot be made says in one line what is wrong and what would do",
  { config },
  async (lab) => {
    const [a] = await lab.addPair();
    const lan = await addLanPod(lab, "c");
    const cases = [
      [["--from", "nobody", "--to", "10.81.1.3"], /from = "?nobody"?: no such port.*there is/],
      [["--from", a.ip4, "--to", "here"], /to = "?here"?/],
      [["--from", a.ip4, "--to", "10.81.1.3", "--length", "20"], /length = 20.*at least 28/],
      [["--from", a.ip4, "--to", "10.81.1.3", "--source", "fd81:1::9"], /source/],
      [["--from", a.ip4, "--to", "10.81.1.3", "--vlan", "5"], /vlan = 5.*routed network/],
      [["--from", lan.ip4, "--to", "10.83.1.77"], /nobody is known to have 10\.83\.1\.77/],
      [["--from", a.ip4], /required option '--to/],
      [["--from", a.ip4, "--to", "10.81.1.3", "--proto", "sctp"], /udp, tcp, icmp/],
    ] as const;
    for (const [args, words] of cases) {
      const { exitCode, stdout, stderr } = await millrace(lab, "trace", ...args);
      expect(stderr).toMatch(words);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      // What is wrong with the words themselves is followed by where to read about them.
      const usage = stderr.includes('\n(run "millrace help" for the commands)');
      expect(stderr.trimEnd().split("\n")).toHaveLength(usage ? 2 : 1);
    }
  },
);
