import { expect } from "vitest";
import type { Lab } from "../fixtures/lab.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { type CniCall, cni } from "../harness/cni-call.ts";

interface Change {
  /** Goes into "CHECK notices that <title>". */
  title: string;
  make: (lab: Lab, pod: Pod) => Promise<unknown>;
  /** What the call says otherwise than ADD did. */
  call?: Partial<CniCall>;
  /** In `details`. */
  says: RegExp | string;
}

const ip = ({ namespace }: Pod, ...args: string[]) => namespace.must("ip", args);

// The agent holds its program by a BPF link, which only a privileged hand takes off.
async function detachXdp({ node }: Lab, { hostName }: Pod): Promise<void> {
  const [{ xdp }] = JSON.parse(await node.must("ip", ["-j", "link", "show", hostName]));
  const all = JSON.parse(await node.must("bpftool", ["-j", "link", "show"]));
  // The program is that of one port only: there is no other here.
  const [ours] = all.filter((link: { prog_id: number }) => link.prog_id === xdp.prog.id);
  await node.must("bpftool", ["link", "detach", "id", String(ours.id)]);
}

const CHANGES: Change[] = [
  {
    title: "the IPv4 address was removed",
    make: (_, pod) => ip(pod, "address", "del", "10.81.1.2/32", "dev", "eth0"),
    says: "eth0 has no address 10.81.1.2/32",
  },
  {
    title: "the IPv6 address was removed",
    make: (_, pod) => ip(pod, "address", "del", "fd81:1::2/128", "dev", "eth0"),
    says: "eth0 has no address fd81:1::2/128",
  },
  {
    title: "the IPv4 route was removed",
    make: (_, pod) => ip(pod, "route", "del", "default"),
    says: "there is no route 0.0.0.0/0 via 10.81.1.1",
  },
  {
    title: "the IPv6 route was removed",
    make: (_, pod) => ip(pod, "-6", "route", "del", "default"),
    says: "there is no route ::/0 via fd81:1::1",
  },
  {
    title: "the link is down",
    make: (_, pod) => ip(pod, "link", "set", "eth0", "down"),
    says: "eth0 is down",
  },
  {
    title: "the MTU was changed",
    make: (_, pod) => ip(pod, "link", "set", "eth0", "mtu", "1400"),
    says: "MTU of eth0 is 1400, expected 1500",
  },
  {
    title: "the MAC was changed",
    make: (_, pod) => ip(pod, "link", "set", "eth0", "address", "02:00:00:00:00:55"),
    says: "MAC of eth0 is 02:00:00:00:00:55, expected ",
  },
  {
    title: "the interface was renamed",
    make: (_, pod) => ip(pod, "link", "set", "eth0", "name", "eth9"),
    says: "there is no interface eth0 in ",
  },
  {
    title: "the link was deleted",
    make: (lab, pod) => lab.node.must("ip", ["link", "delete", pod.hostName]),
    says: "there is no interface eth0 in ",
  },
  {
    title: "the host end is down",
    make: (lab, pod) => lab.node.must("ip", ["link", "set", pod.hostName, "down"]),
    says: /mr\w+ is down/,
  },
  {
    title: "the host end has another name",
    make: async ({ node }, { hostName }) => {
      await node.must("ip", ["link", "set", hostName, "down"]);
      await node.must("ip", ["link", "set", hostName, "name", "mine", "up"]);
    },
    says: /mr\w+ is called mine/,
  },
  {
    title: "the XDP program was detached",
    make: detachXdp,
    says: /mr\w+ has no XDP program: the ring loop gets none of its frames/,
  },
  {
    title: "the port is gone",
    make: async (lab) => {
      // A mode that no veth has: the next agent cannot take the attachment up again.
      await lab.agent.stop();
      await lab.restart({ config: { dataplane: { mode: "zero-copy" } } });
    },
    says: "has no port: the ring loop does not serve it",
  },
  {
    title: "the attachment was deleted",
    make: (lab, pod) => lab.deletePod(pod),
    says: "is not known to the agent",
  },
  {
    title: "the network is another one",
    make: async () => {},
    call: { config: { network: "red" } },
    says: "network is blue, the configuration says red",
  },
];

for (const { title, make, call, says } of CHANGES) {
  scenario(`CHECK notices that ${title}`, {}, async (lab) => {
    const pod = await lab.addPod("a");
    const check = { ...pod.call, ...call, prevResult: pod.result };
    expect(await cni("CHECK", { ...pod.call, prevResult: pod.result })).toMatchObject({
      exitCode: 0,
      stdout: "",
    });
    await make(lab, pod);
    const { exitCode, json } = await cni("CHECK", check);
    expect(exitCode).toBe(1);
    expect(json.code).toBe(100);
    expect(json.details).toMatch(says);
  });
}

scenario("CHECK names every difference at once", {}, async (lab) => {
  const pod = await lab.addPod("a");
  await ip(pod, "link", "set", "eth0", "mtu", "1400");
  await ip(pod, "address", "del", "10.81.1.2/32", "dev", "eth0");
  const { json } = await cni("CHECK", { ...pod.call, prevResult: pod.result });
  expect(json.details).toContain("MTU of eth0 is 1400");
  expect(json.details).toContain("no address 10.81.1.2/32");
});

scenario("CHECK changes nothing of what it finds", {}, async (lab) => {
  const pod = await lab.addPod("a");
  await ip(pod, "link", "set", "eth0", "mtu", "1400");
  await cni("CHECK", { ...pod.call, prevResult: pod.result });
  expect((await pod.namespace.links())[1]).toMatchObject({ ifname: "eth0", mtu: 1400 });
});

scenario("CHECK without prevResult is refused with code 7", {}, async (lab) => {
  const pod = await lab.addPod("a");
  const { exitCode, json } = await cni("CHECK", pod.call);
  expect(exitCode).toBe(1);
  expect(json).toMatchObject({ code: 7, msg: expect.stringContaining("prevResult") });
});

scenario("CHECK in another namespace than ADD is refused", {}, async (lab) => {
  const [a, b] = await lab.addPair();
  const call = { ...a.call, netns: b.call.netns, prevResult: a.result };
  const { exitCode, json } = await cni("CHECK", call);
  expect(exitCode).toBe(1);
  expect(json).toMatchObject({ code: 100, details: expect.stringContaining(b.call.netns) });
});

scenario("CHECK of a pod that an agent took up again finds nothing wrong", {}, async (lab) => {
  const pod = await lab.addPod("a");
  await lab.agent.kill();
  await lab.restart();
  const { exitCode, stdout } = await cni("CHECK", { ...pod.call, prevResult: pod.result });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
});
