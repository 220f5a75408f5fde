import { fileURLToPath } from "node:url";
import { startBackground } from "../../../test/harness/background.ts";
import type { ShownCheck } from "../check.ts";
import { type PingReport, ping } from "../checks/ping.ts";
import type { Section } from "../step.ts";
import {
  OVERLAY_PODS,
  type OverlayPod,
  type OverlayStage,
  partnerOf,
  strangersOf,
} from "./stage.ts";

const COUNT = 2;
const WHO = fileURLToPath(new URL("who.ts", import.meta.url));
const SAME_ROW = "same address";
const APART_ROW = "across tenants";

/** Addresses that both tenants have lead to the own one, those of the other one to nobody. */
export const apartSection: Section<OverlayStage> = {
  title: "Tenants kept apart",
  steps: [
    {
      name: "overlay-who",
      label: "who has the address?",
      unit: "pod",
      row: SAME_ROW,
      run: askEverybody,
    },
    {
      name: "overlay-apart",
      label: "across tenants",
      unit: "answers",
      row: APART_ROW,
      run: pingStrangers,
    },
  ],
};

/** By TCP over ordinary sockets: each pod asks the address that a pod of either tenant has. */
async function askEverybody(stage: OverlayStage): Promise<ShownCheck[]> {
  const all = podsOf(stage);
  await Promise.all(
    all.map(({ name, namespace }) =>
      startBackground(stage.scope, namespace, [process.execPath, WHO, "serve", name], "listening"),
    ),
  );
  return await Promise.all(all.map((pod) => askPartner(stage, pod)));
}

async function askPartner(stage: OverlayStage, from: OverlayPod): Promise<ShownCheck> {
  const to = partnerOf(stage, from);
  const { address } = to.address(4);
  const rival = strangersOf(stage, from).find((pod) => pod.address(4).address === address);
  const asked = await from.namespace.run(process.execPath, [WHO, "ask", address]);
  const answer = asked.stdout || `nobody: ${asked.stderr.trim()}`;
  return {
    name: `overlay-who-${from.name}`,
    label: `${from.name} asks ${address}`,
    ok: answer === to.name && rival !== undefined,
    value: answer,
    unit: "pod",
    text: `"${answer}" answers over TCP; ${rival?.name ?? "nobody"} has the address as well`,
    row: SAME_ROW,
    cell: `${from.name} → ${address} is ${answer}`,
  };
}

async function pingStrangers(stage: OverlayStage): Promise<ShownCheck[]> {
  const all = podsOf(stage);
  const before = await Promise.all(all.map(echoRequests));
  const answers = await Promise.all(all.map((pod) => pingAll(pod, strangersOf(stage, pod))));
  const after = await Promise.all(all.map(echoRequests));
  const received = after.reduce((sum, count, i) => sum + count - (before[i] ?? 0), 0);
  // They have been pinged before: a counter that stands at 0 would prove nothing now.
  const counting = before.every((count) => count > 0);
  return [...answers, arrived(received, counting)];
}

async function pingAll(from: OverlayPod, strangers: OverlayPod[]): Promise<ShownCheck> {
  const pings = strangers.map((to) => ping(from, to.address(6).address, COUNT));
  const reports = await Promise.all(pings);
  const [sent, received] = [total(reports, "sent"), total(reports, "received")];
  const names = strangers.map(({ name }) => name).join(", ");
  return {
    name: `overlay-apart-${from.name}`,
    label: `${from.name} → ${names}`,
    ok: sent === COUNT * strangers.length && received === 0,
    value: received,
    unit: "answers",
    text: `${received} of ${sent} answered`,
    row: APART_ROW,
    cell: `${from.name} ${received} of ${sent}`,
  };
}

function arrived(count: number, counting: boolean): ShownCheck {
  const text = `${count} packets, by the counters of the pods`;
  return {
    name: "overlay-apart-received",
    label: "received from the other tenant",
    ok: counting && count === 0,
    value: count,
    unit: "packets",
    text: counting ? text : "unknown: a pod has not even counted the pings of its own tenant",
    row: APART_ROW,
    cell: `${count} received`,
  };
}

/** That the kernel of a pod has taken in, over IPv6: proc(5), /proc/net/snmp6. */
async function echoRequests({ namespace }: OverlayPod): Promise<number> {
  const snmp = await namespace.must("cat", ["/proc/net/snmp6"]);
  const [, count] = /^Icmp6InEchos\s+(\d+)/m.exec(snmp) ?? [];
  if (count === undefined) throw new Error("the kernel does not count ICMPv6 echo requests");
  return Number(count);
}

const podsOf = ({ pods }: OverlayStage): OverlayPod[] => OVERLAY_PODS.map((name) => pods[name]);

const total = (reports: readonly PingReport[], what: "sent" | "received"): number =>
  reports.reduce((sum, report) => sum + report[what], 0);
