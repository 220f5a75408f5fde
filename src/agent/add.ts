import type { AttachRequest } from "../../cni/attacher.ts";
import type { Network } from "../networks/network.ts";
import { failpoint } from "../store/failpoint.ts";
import { attachmentKey, type FastpathRecord } from "../store/records.ts";
import { connectSteps, tearDownSteps } from "./connect.ts";
import type { Parts } from "./parts.ts";
import { planAttachment } from "./plan.ts";
import { runSteps, type Step } from "./steps.ts";

/**
 * ADD in numbered steps: 1 reserve addresses, 2 journal begin, 3 createVeth, 4 configurePod,
 * 5 addPort, 6 addRoutes, 7 journal commit. When one fails, those before it are undone.
 * The caller holds the lock of the attachment, and the journal does not know it yet.
 * @throws StepError | IpamError | JournalError | CniError
 */
export async function addAttachment(
  parts: Parts,
  network: Network,
  request: AttachRequest,
): Promise<FastpathRecord> {
  const { journal } = parts;
  failpoint("add.1");
  const record = planAttachment(parts, network, request);
  failpoint("add.1.done");
  try {
    failpoint("add.2");
    await journal.begin(record);
    failpoint("add.2.done");
    const steps = [...podSteps(parts, network, record), ...connectSteps(parts, network, record)];
    await runSteps("add", 3, steps, (step) => journal.step(record, step));
    failpoint("add.7");
    await journal.commit(record);
    failpoint("add.7.done");
    return record;
  } catch (error) {
    await undo(parts, record);
    throw error;
  }
}

function podSteps({ native }: Parts, network: Network, record: FastpathRecord): Step[] {
  const { hostName, hostMac, podMac, netns, ifname, mtu, queues = 1, alias, routes } = record;
  const veth = { hostName, hostMac, podName: ifname, podMac, netns, mtu, queues, alias };
  const addresses = record.addresses.map(({ address }) => address);
  const gateways = onLinkGateways(network, record);
  return [
    { name: "createVeth", run: () => native.createVeth(veth) },
    {
      name: "configurePod",
      run: () => native.configurePod({ netns, ifname, addresses, gateways, routes }),
    },
  ];
}

// A pod of a routed network has no subnet that its gateway could be in.
function onLinkGateways({ kind }: Network, { addresses }: FastpathRecord): string[] {
  return kind === "routed" ? addresses.map(({ gateway }) => gateway) : [];
}

/** What cannot be undone now stays in the journal, and the reconciler comes back to it. */
async function undo(parts: Parts, record: FastpathRecord): Promise<void> {
  const key = attachmentKey(record.containerId, record.ifname);
  if (!parts.journal.attachments.has(key)) return;
  try {
    for (const step of tearDownSteps(parts, record)) await step.run();
    await parts.journal.removed(record);
  } catch (error) {
    parts.log.error({ attachment: key, err: error }, "a failed ADD could not be undone yet");
  }
}
