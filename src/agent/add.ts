import type { AttachRequest } from "../../cni/attacher.ts";
import { findPlugin } from "../../cni/ipam/find.ts";
import type { Network } from "../networks/network.ts";
import { failpoint } from "../store/failpoint.ts";
import { attachmentKey, bareAddresses, type FastpathRecord } from "../store/records.ts";
import { connectSteps, portSteps } from "./connect.ts";
import { removalSteps } from "./del.ts";
import { asksOverLink, outcomeOf, type Removal } from "./ipam.ts";
import { podAddressing } from "./ipam-addressing.ts";
import { askStep, type Book } from "./ipam-ask.ts";
import type { Parts } from "./parts.ts";
import { planAttachment } from "./plan.ts";
import { runSteps, type Step } from "./steps.ts";

const FIRST = 3;

/**
 * ADD in numbered steps: 1 reserve addresses, 2 journal begin, 3 createVeth, 4 configurePod,
 * 5 addPort, 6 addRoutes, 7 journal commit. With an IPAM plugin nothing is reserved, and the steps
 * of askSteps() come after 3. When one fails, those before it are undone.
 * The caller holds the lock of the attachment, and the journal does not know it yet.
 * @throws StepError | IpamError | IpamPluginError | JournalError | CniError
 */
export async function addAttachment(
  parts: Parts,
  network: Network,
  request: AttachRequest,
): Promise<FastpathRecord> {
  const { journal } = parts;
  failpoint("add.1");
  if (request.ipam) await findPlugin(request.ipam);
  const record = planAttachment(parts, network, request);
  failpoint("add.1.done");
  try {
    failpoint("add.2");
    await journal.begin(record);
    failpoint("add.2.done");
    const { whole, done } = await attach(parts, network, record);
    failpoint(`add.${done + 1}`);
    await journal.commit(whole);
    failpoint(`add.${done + 1}.done`);
    if (whole.ipam && network.kind === "bridged") void announce(parts, whole);
    return whole;
  } catch (error) {
    await undo(parts, record, { adding: outcomeOf(error) });
    throw error;
  }
}

/** @returns the record with all its addresses, and the number of the last step */
async function attach(parts: Parts, network: Network, record: FastpathRecord) {
  const note = (step: string) => parts.journal.step(record, step);
  const book = { record };
  const making = [createVeth(parts, record), ...askSteps(parts, network, book)];
  await runSteps("add", FIRST, making, note);
  const whole = book.record;
  const connecting = [configurePod(parts, network, whole), ...connectSteps(parts, network, whole)];
  await runSteps("add", FIRST + making.length, connecting, note);
  return { whole, done: FIRST + making.length + connecting.length - 1 };
}

function createVeth({ native }: Parts, record: FastpathRecord): Step {
  const { hostName, hostMac, podMac, netns, ifname, mtu, queues = 1, alias } = record;
  const veth = { hostName, hostMac, podName: ifname, podMac, netns, mtu, queues, alias };
  return { name: "createVeth", run: () => native.createVeth(veth) };
}

/** What an IPAM plugin is asked in; a link is in service while one asks over it. */
function askSteps(parts: Parts, network: Network, book: Book<FastpathRecord>): Step[] {
  const { record } = book;
  if (!record.ipam) return [];
  const ask = askStep(parts, book, (...given) => podAddressing(network, ...given));
  if (!asksOverLink(record)) return [ask];
  const key = attachmentKey(record.containerId, record.ifname);
  // The port that stays has the addresses, and lets nothing else out.
  const removePort = { name: "removePort", run: () => parts.dataplane.removePort(key) };
  return [
    configurePod(parts, network, record),
    ...portSteps(parts, network, record),
    ask,
    removePort,
  ];
}

/** Brings the pod end up, with the addresses and routes that there are. */
function configurePod({ native }: Parts, network: Network, record: FastpathRecord): Step {
  const { netns, ifname, routes } = record;
  const addresses = record.addresses.map(({ address }) => address);
  const gateways = onLinkGateways(network, record);
  const pod = { netns, ifname, addresses, gateways, routes };
  return { name: "configurePod", run: () => native.configurePod(pod) };
}

// The MAC address follows from an address of the network, but nobody knows it in advance here, and
// neighbours may remember another.
async function announce({ vfs, log }: Parts, record: FastpathRecord): Promise<void> {
  const { netns, ifname, containerId } = record;
  for (const address of bareAddresses(record)) {
    await vfs.life.kernel.announce(netns, ifname, address).catch((err: unknown) => {
      log.debug({ attachment: attachmentKey(containerId, ifname), err }, "was not announced");
    });
  }
}

// A pod of a routed network has no subnet that its gateway could be in.
function onLinkGateways({ kind }: Network, { addresses }: FastpathRecord): string[] {
  return kind === "routed" ? addresses.map(({ gateway }) => gateway) : [];
}

/** What cannot be undone now stays in the journal, and the reconciler comes back to it. */
async function undo(parts: Parts, record: FastpathRecord, removal: Removal): Promise<void> {
  const key = attachmentKey(record.containerId, record.ifname);
  if (!parts.journal.attachments.has(key)) return;
  try {
    for (const step of removalSteps(parts, record, removal)) await step.run();
    await parts.journal.removed(record);
  } catch (error) {
    parts.log.error({ attachment: key, err: error }, "a failed ADD could not be undone yet");
  }
}
