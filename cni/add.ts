import type { Attacher, Attachment, AttachRequest } from "./attacher.ts";
import { checkNetns } from "./netns.ts";
import type { CniRequest } from "./request.ts";
import { appendResult, type CniResult, convertResult, type Dns } from "./result.ts";

/**
 * ADD: attaches the pod and answers with the result in the caller's version (CNI spec 1.1.0,
 * section 2). In a chain the result of the plugins before comes first.
 * @throws CniError
 */
export async function add(request: CniRequest, attacher: Attacher): Promise<string> {
  await checkNetns(request.netns, request.netnsOverride);
  const attachment = await attacher.attach(attachRequest(request));
  const result = appendResult(request.prevResult, resultOf(attachment, request.dns));
  return JSON.stringify(convertResult(result, request.version));
}

function attachRequest(request: CniRequest): AttachRequest {
  const { containerId, ifname, netns, network, configName, pod, mtu, mac, ips, port } = request;
  return {
    containerId,
    ifname,
    netns,
    network,
    configName,
    pod,
    ...(Object.keys(port).length === 0 ? {} : { port }),
    ...(mtu === null ? {} : { mtu }),
    ...(mac === null ? {} : { mac }),
    ...(ips.length === 0 ? {} : { ips }),
  };
}

function resultOf(attachment: Attachment, dns: Dns): CniResult {
  const { hostName, hostMac, ifname, podMac, mtu, netns } = attachment;
  const podEnd = 1;
  return {
    interfaces: [
      { name: hostName, mac: hostMac, mtu },
      { name: ifname, mac: podMac, mtu, sandbox: netns },
    ],
    ips: attachment.addresses.map(({ address, gateway }) => ({
      address,
      ...(gateway === "" ? {} : { gateway }),
      interface: podEnd,
    })),
    routes: attachment.routes.map(({ dst, gw }) => (gw === "" ? { dst } : { dst, gw })),
    dns,
  };
}
