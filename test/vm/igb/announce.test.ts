import { waitFor } from "../../fixtures/wait.ts";
import { startBackground } from "../../harness/background.ts";
import { atOurPace } from "../../harness/pace.ts";
import { pfsOf } from "../fixtures/pci.ts";
import { addToLan, sharedVfLab } from "../fixtures/vf-lab.ts";
import { createVfs, giveVf } from "../fixtures/vfs.ts";

const vfScenario = sharedVfLab();

const LIMIT_MS = atOurPace(2000);

vfScenario(
  "A VF of another PF hears by ARP and ND which addresses a new pod has",
  async ({ scope, ...lab }) => {
    const [near = "", far = ""] = pfsOf("igb");
    const [vf = ""] = await createVfs(scope, near, 1, { macs: ["52:54:0a:00:00:01"] });
    const [ear = ""] = await createVfs(scope, far, 1, { macs: ["52:54:0b:00:00:01"] });
    const listener = await lab.addPod("listener");
    await giveVf(listener, ear, "10.7.0.250/24");
    const hasCarrier = (links: { flags: string[] }[]) =>
      links.some(({ flags }) => flags.includes("LOWER_UP") && !flags.includes("LOOPBACK"));
    await waitFor("carrier", listener.links, hasCarrier, LIMIT_MS);
    const filter = "arp or (icmp6 and ip6[40] == 136)";
    const tcpdump = ["-i", "net0", "-n", "-l", "-e", "-v", filter];
    const heard = await startBackground(scope, listener, ["tcpdump", ...tcpdump], "listening on");
    const pod = { pod: await lab.addPod("pod"), vf };
    const { mac, ip4, ip6 } = await addToLan({ scope, ...lab }, pod);
    const gratuitous = new RegExp(`${mac} > ff:ff:ff:ff:ff:ff.*(who-has|Reply) ${ip4}\\b`);
    const unsolicited = new RegExp(
      `${mac} > 33:33:00:00:00:01[^]*tgt is ${ip6}, Flags \\[.*override`,
    );
    for (const words of [gratuitous, unsolicited]) {
      await waitFor(String(words), heard.output, (text) => words.test(text), LIMIT_MS);
    }
    await lab.must("DEL", pod);
  },
);
