import { VERSION } from "../agent/version.ts";
import type { AgentStatus, NetworkView } from "../agent/view.ts";
import { AgentCallError, type AgentClient, createClient } from "../api/client.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";

const CHECK = "agent";
const SEE_LOG = 'see "millrace status" and the log of the agent';
// Full when nobody looks: pods come in bursts.
const NEARLY_FULL = 0.9;
// HTTP 503, Service Unavailable.
const STARTING = 503;

/** Whether an agent answers, whether it is of this version, and what it says is wrong. */
export async function checkAgent({ socket }: DoctorHost): Promise<Finding[]> {
  const client = createClient(socket);
  try {
    const status = await client.status();
    return [
      ...general(status),
      ...version(status),
      ...leftOver(status),
      ...(await networks(client)),
    ];
  } catch (error) {
    if (!(error instanceof AgentCallError)) throw error;
    return [unreachable(error)];
  }
}

/** Nothing listens, somebody is starting, or somebody listens and does not answer. */
function unreachable({ text, remedy, status }: AgentCallError): Finding {
  if (remedy !== "") return warning(CHECK, text, remedy);
  if (status === STARTING) return warning(CHECK, text, "wait until it is ready");
  return problem(CHECK, text, "look at its log, then restart the agent");
}

function general({ problems, version, state, pid }: AgentStatus): Finding[] {
  if (problems.length === 0) return [ok(CHECK, `${version} is ${state}, pid ${pid}`)];
  return problems.map((text) => problem(CHECK, text, SEE_LOG));
}

function version({ version }: AgentStatus): Finding[] {
  if (version === VERSION) return [];
  const text = `the agent that runs is ${version}, this command is of ${VERSION}`;
  return [warning(CHECK, text, "restart the agent, so that the installed version runs")];
}

function leftOver({ attachments, reconcile }: AgentStatus): Finding[] {
  const failures = (reconcile?.failures ?? []).map((text) =>
    warning(CHECK, `not repaired yet: ${text}`, SEE_LOG),
  );
  if (attachments.lost === 0) return failures;
  const text = `${attachments.lost} attachment(s) lost their link while their pod was there`;
  const remedy = '"millrace attachments" names them; delete these pods';
  return [...failures, warning(CHECK, text, remedy)];
}

async function networks(client: AgentClient): Promise<Finding[]> {
  return (await client.networks()).flatMap((network) => {
    const findings = [...fullSubnets(network), ...missingUplinks(network)];
    return findings.length > 0 ? findings : [ok(CHECK, describe(network))];
  });
}

function describe({ name, kind, subnets, attachments }: NetworkView): string {
  const used = subnets.map(({ prefix, allocated, capacity }) => {
    return `, ${allocated} of ${capacity} addresses of ${prefix}`;
  });
  return `network ${name}: ${kind}, ${attachments} attachment(s)${used.join("")}`;
}

function fullSubnets({ name, subnets }: NetworkView): Finding[] {
  return subnets.flatMap(({ prefix, allocated, capacity }) => {
    if (allocated < Number(capacity) * NEARLY_FULL) return [];
    const text = `network ${name}: ${allocated} of ${capacity} addresses of ${prefix} are used`;
    const remedy = 'make "nodePrefixes" larger; "millrace attachments" shows who has them';
    const full = allocated >= Number(capacity);
    return [full ? problem(CHECK, text, remedy) : warning(CHECK, text, remedy)];
  });
}

function missingUplinks({ name, uplinks }: NetworkView): Finding[] {
  return uplinks
    .filter(({ port }) => port === null)
    .map(({ ifname }) => {
      const text = `network ${name}: the uplink ${ifname} is not there or cannot be attached`;
      return warning(CHECK, text, '"ip link", and "millrace status" for the reason');
    });
}
