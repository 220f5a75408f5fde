import { writeDeviceInfo } from "../sriov/device-plugin/device-info.ts";
import type { Attacher, Attachment, AttachRequest, VfAttachment } from "./attacher.ts";
import { CNI_ERROR, CniError } from "./errors.ts";
import { checkNetns } from "./netns.ts";
import type { CniRequest, VfWishes } from "./request.ts";
import {
  appendResult,
  type CniInterface,
  type CniIp,
  type CniResult,
  type CniRoute,
  convertResult,
  type Dns,
} from "./result.ts";

/**
 * ADD: attaches the pod and answers with the result in the caller's version (CNI spec 1.1.0,
 * section 2). In a chain the result of the plugins before comes first.
 * @throws CniError
 */
export async function add(request: CniRequest, attacher: Attacher): Promise<string> {
  await checkNetns(request.netns, request.netnsOverride);
  const own = request.vf
    ? await attachVf(request, request.vf, attacher)
    : resultOf(await attacher.attach(attachRequest(request)), request.dns);
  const result = appendResult(request.prevResult, own);
  return JSON.stringify(convertResult(result, request.version));
}

function attachRequest(request: CniRequest): AttachRequest {
  const { mtu, mac, port } = request;
  return {
    ...podOf(request),
    ...(Object.keys(port).length === 0 ? {} : { port }),
    ...(mtu === null ? {} : { mtu }),
    ...(mac === null ? {} : { mac }),
  };
}

function podOf(request: CniRequest) {
  const { containerId, ifname, netns, network, configName, pod, ips, ipam } = request;
  return {
    ...{ containerId, ifname, netns, network, configName, pod },
    ...(ips.length === 0 ? {} : { ips }),
    ...(ipam === null ? {} : { ipam }),
  };
}

async function attachVf(request: CniRequest, wishes: VfWishes, attacher: Attacher) {
  const attachment = await attacher.attachVf({ ...podOf(request), ...wishes });
  await tellDevice(request, attachment, attacher);
  const { routes, addresses } = attachment;
  return {
    interfaces: [vfInterface(attachment)],
    ips: ipsOf(addresses, 0),
    routes: routesOf(routes),
    dns: dnsOf(request.dns, attachment),
  };
}

// Device information specification 1.1.0: who asks for the file gets it, or no attachment.
async function tellDevice(
  { deviceInfoFile, containerId, ifname }: CniRequest,
  { vf }: VfAttachment,
  attacher: Attacher,
): Promise<void> {
  if (deviceInfoFile === "") return;
  try {
    await writeDeviceInfo(deviceInfoFile, { id: vf.address, pfAddress: vf.pf });
  } catch (error) {
    await attacher.detach(containerId, ifname);
    const msg = `cannot write CNIDeviceInfoFile = ${deviceInfoFile}`;
    throw new CniError(CNI_ERROR.ioFailure, msg, (error as Error).message, { cause: error });
  }
}

// A VF for a program of the pod has no netdev, yet the name stands for it.
function vfInterface({ ifname, netns, podMac, mtu, vf }: VfAttachment): CniInterface {
  return {
    name: ifname,
    ...(podMac === "" ? {} : { mac: podMac }),
    ...(mtu === 0 ? {} : { mtu }),
    sandbox: netns,
    pciID: vf.address,
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
    ips: ipsOf(attachment.addresses, podEnd),
    routes: routesOf(attachment.routes),
    dns: dnsOf(dns, attachment),
  };
}

// As in the reference plugins: what the configuration says is said instead of the IPAM plugin.
function dnsOf(configured: Dns, { ipam }: Attachment | VfAttachment): Dns {
  return Object.keys(configured).length > 0 ? configured : (ipam?.dns ?? {});
}

function ipsOf(addresses: Attachment["addresses"], index: number): CniIp[] {
  return addresses.map(({ address, gateway }) => ({
    address,
    ...(gateway === "" ? {} : { gateway }),
    interface: index,
  }));
}

function routesOf(routes: Attachment["routes"]): CniRoute[] {
  return routes.map(({ dst, gw }) => (gw === "" ? { dst } : { dst, gw }));
}
