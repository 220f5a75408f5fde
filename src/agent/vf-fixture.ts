import type { VfAttachRequest } from "../../cni/attacher.ts";
import { FakeVfKernel } from "../../sriov/fixtures/fake-vf-kernel.ts";
import type { FakePf, FakeVfMachine } from "../../sriov/fixtures/fake-vf-machine.ts";
import { aPf } from "../../sriov/fixtures/functions.ts";
import type { PhysicalFunction } from "../../sriov/types.ts";
import { perPf } from "../../sriov/vf/per-pf.ts";
import { Node, request } from "./fixture.ts";
import type { VfHost } from "./vf-host.ts";

/**
 * A bridged network that VFs can have addresses of, one whose STATUS fails when it is full, and pools:
 * `fast` is unknown to the kubelet.
 */
const CONFIG = `
networks: [{name: lan, kind: bridged, nodePrefixes: [10.7.0.0/24]}, {name: blue, nodePrefixes: [10.1.0.0/24]}, {name: few, kind: bridged, nodePrefixes: [10.8.0.0/24], notReadyWhenFull: true}]
sriov:
  kubeletDir: /nonexistent
  pools: [{name: fast, selectors: {pciAddresses: ["0000:01:10.0", "0000:01:10.2"]}, devicePlugin: false}]
`;

/** A node with VFs. Its agents come and go; the machine stays, unless it reboots. */
export class VfNode extends Node {
  readonly machine: FakeVfMachine;
  bootId = "boot-1";
  /** Of the agent started last. */
  vfKernel: FakeVfKernel;

  /** What the calls of halted agents wait for. */
  readonly #grave = Promise.withResolvers<never>();

  constructor(machine: FakeVfMachine) {
    super();
    this.#grave.promise.catch(() => {});
    this.machine = machine;
    this.vfKernel = new FakeVfKernel(machine);
    this.vfHost = () => this.#host();
    for (let n = 0; n < 100; n++) machine.namespaces.set(request(n).netns, new Set(["lo"]));
  }

  /** @param sriov more keys of `sriov` */
  startAgent(sriov = "") {
    return this.start("", `${CONFIG}${sriov && `  ${sriov}\n`}`);
  }

  /** Before its n-th call about VFs from now on the agent comes to a halt. @returns when it has */
  haltAt(n: number): Promise<void> {
    const halted = Promise.withResolvers<void>();
    let left = n;
    this.vfKernel.turn = () => {
      if (--left > 0) return Promise.resolve();
      halted.resolve();
      return this.#grave.promise;
    };
    return halted.promise;
  }

  override async cleanUp(): Promise<void> {
    this.#grave.reject(new Error("the agent is dead"));
    await super.cleanUp();
  }

  #host(): VfHost {
    this.vfKernel = new FakeVfKernel(this.machine);
    const { parts } = this.vfKernel;
    return {
      life: { ...parts, kernel: perPf(parts.kernel, parts.pause) },
      bootId: this.bootId,
      discover: async () => [...this.machine.pfs.values()].map((pf) => describe(this.machine, pf)),
      driverOf: async (address) => this.machine.describe(address).driver,
      isNetns: async (path) => this.machine.namespaces.has(path),
    };
  }
}

function describe(machine: FakeVfMachine, { address, netdev }: FakePf): PhysicalFunction {
  const vfs = [...machine.vfs.values()]
    .filter(({ pf }) => pf.address === address)
    .map((vf) => machine.describe(vf.address));
  return aPf({ address, ifname: netdev.name, vfs });
}

/** A request of pod `n` for a VF. */
export function vfRequest(n: number, more: Partial<VfAttachRequest> = {}): VfAttachRequest {
  const { containerId, ifname, netns, pod } = request(n);
  const wishes = { network: "", device: "0000:01:10.0", pool: "", knobs: {} };
  return { containerId, ifname, netns, pod, configName: "fast-net", ...wishes, ...more };
}
