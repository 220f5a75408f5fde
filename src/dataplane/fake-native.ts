import { FakeDataplane } from "./fake-dataplane.ts";
import { errno } from "./fake-errno.ts";
import type {
  CompanionOptions,
  CounterLayout,
  DataplaneOptions,
  HostLink,
  Native,
  NativeDataplane,
  NetdevFeatures,
  PathProbe,
  PodLink,
  PodOptions,
  VethOptions,
  VethPair,
} from "./native.ts";

export { FakeDataplane } from "./fake-dataplane.ts";
export { errno } from "./fake-errno.ts";

/** A kernel in memory for tests: network namespaces and veths that outlive an agent. */
export class FakeKernel {
  readonly namespaces = new Set<string>();
  readonly links = new Map<string, VethOptions & { pod: PodLink }>();
  /** By the name of their near end. */
  readonly companions = new Map<string, CompanionOptions & { ifindex: number }>();
  /** Links that others made, by name. */
  readonly devices = new Map<string, HostLink>();
  /** Interfaces that hold a default route. */
  readonly defaultRoutes = new Set<number>();
  #ifindex = 10;

  createVeth(options: VethOptions): VethPair {
    if (!this.namespaces.has(options.netns)) throw errno("ENOENT", `namespace ${options.netns}`);
    const taken =
      this.links.has(options.hostName) || this.findPod(options.netns, options.podName) !== null;
    if (taken) throw errno("EEXIST", `create veth ${options.hostName}`);
    const hostIfindex = this.#ifindex++;
    const podIfindex = this.#ifindex++;
    const { podMac: mac, mtu } = options;
    const pod = { ifindex: podIfindex, mac, mtu, up: false, addresses: [], routes: [] };
    this.links.set(options.hostName, { ...options, pod });
    return { hostIfindex, podIfindex };
  }

  findPod(netns: string, ifname: string): PodLink | null {
    const all = [...this.links.values()];
    return all.find((link) => link.netns === netns && link.podName === ifname)?.pod ?? null;
  }

  /** As when the last process of a pod ends: its links go with it. */
  deleteNamespace(netns: string): void {
    this.namespaces.delete(netns);
    for (const [name, link] of this.links) if (link.netns === netns) this.links.delete(name);
  }

  /** A device as an uplink needs one. */
  addDevice(name: string, more: Partial<HostLink> = {}): HostLink {
    const mac = "02:00:00:00:ee:01";
    const plain = { alias: "", mac, mtu: 1500, up: true, kind: "", xdpProgram: 0 };
    const device = { ifindex: this.#ifindex++, name, ...plain, ...more };
    this.devices.set(name, device);
    return device;
  }

  /** Of a link of either kind, 0 when there is none. */
  ifindexOf(name: string): number {
    return this.hostLinks().find((link) => link.name === name)?.ifindex ?? 0;
  }

  hostLinks(): HostLink[] {
    return [...this.#veths(), ...this.#companionEnds(), ...this.devices.values()];
  }

  createCompanion(options: CompanionOptions): void {
    this.companions.set(options.near, { ...options, ifindex: this.#ifindex });
    this.#ifindex += 2;
  }

  #companionEnds(): HostLink[] {
    return [...this.companions.values()].flatMap(({ near, far, ifindex, mac, alias, mtu }) => {
      const end = { alias, mac, mtu, up: true, kind: "veth" };
      return [
        { ...end, name: near, ifindex, xdpProgram: 0 },
        { ...end, name: far, ifindex: ifindex + 1, xdpProgram: 1 },
      ];
    });
  }

  #veths(): HostLink[] {
    return [...this.links.values()].map(({ hostName, alias, hostMac, mtu, pod }) => ({
      ifindex: pod.ifindex - 1,
      name: hostName,
      alias,
      mac: hostMac,
      mtu,
      up: true,
      kind: "veth",
      // That of the port which each of them becomes.
      xdpProgram: 1,
    }));
  }
}

const LAYOUT: CounterLayout = {
  slots: 8,
  maxPorts: 256,
  maxWorkers: 4,
  firstDrop: 4,
  port: ["rx_packets", "rx_bytes"],
  worker: ["rounds", "frames_free", "frames_total"],
  dropReasons: ["runt", "no-route"],
};

type Method =
  | keyof NativeDataplane
  | "createVeth"
  | "createCompanion"
  | "deleteCompanion"
  | "configurePod"
  | "describePod"
  | "deleteLink";

/** The addon over a FakeKernel. Every asynchronous method takes at least one turn of the loop. */
export class FakeNative implements Native {
  readonly counterLayout = LAYOUT;
  readonly kernel: FakeKernel;
  readonly Dataplane: Native["Dataplane"];
  /** The dataplane made last. */
  dataplane: FakeDataplane | null = null;
  /** Errors to reject with, once each, by method. */
  readonly failures = new Map<Method, Error>();
  /** Set by crash(): nothing that is asked for happens any more. */
  readonly #grave = Promise.withResolvers<never>();
  #crashed = false;
  afXdp = { ok: true, reason: "" };

  constructor(kernel = new FakeKernel()) {
    this.kernel = kernel;
    const native = this;
    this.Dataplane = class extends FakeDataplane {
      constructor(options: DataplaneOptions) {
        super(options, native);
        native.dataplane = this;
      }
    };
  }

  /** As when the process is killed: calls neither have an effect nor come back … */
  crash(): void {
    this.#crashed = true;
    this.#grave.promise.catch(() => {});
  }

  /** … until the test is over and nobody must wait any more. */
  bury(): void {
    this.#grave.reject(new Error("killed"));
  }

  async call<T>(method: Method, work: () => T): Promise<T> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#crashed) return await this.#grave.promise;
    const failure = this.failures.get(method);
    this.failures.delete(method);
    if (failure) throw failure;
    return work();
  }

  probeHost() {
    const { afXdp } = this;
    return {
      kernel: "6.18",
      libbpf: "1.1",
      afXdp,
      txMetadata: true,
      hugepagesFree: 0,
      memlockBytes: 0,
    };
  }

  createVeth(options: VethOptions): Promise<VethPair> {
    return this.call("createVeth", () => this.kernel.createVeth(options));
  }

  createCompanion(options: CompanionOptions): Promise<void> {
    return this.call("createCompanion", () => this.kernel.createCompanion(options));
  }

  deleteCompanion({ near }: Pick<CompanionOptions, "near">): Promise<void> {
    return this.call("deleteCompanion", () => void this.kernel.companions.delete(near));
  }

  configurePod({ netns, ifname, addresses, gateways, routes }: PodOptions): Promise<void> {
    return this.call("configurePod", () => {
      const pod = this.kernel.findPod(netns, ifname);
      if (!pod) throw errno("ENODEV", `interface ${ifname}`);
      pod.up = true;
      pod.addresses.push(...addresses);
      const onLink = gateways.map((dst) => ({ dst: hostRoute(dst), gw: "" }));
      pod.routes.push(...onLink, ...routes);
    });
  }

  describePod(netns: string, ifname: string): Promise<PodLink | null> {
    return this.call("describePod", () => structuredClone(this.kernel.findPod(netns, ifname)));
  }

  deleteLink(name: string, alias: string): Promise<boolean> {
    return this.call("deleteLink", () => {
      const ours = this.kernel.links.get(name)?.alias === alias;
      return ours && this.kernel.links.delete(name);
    });
  }

  async listLinks(): Promise<HostLink[]> {
    return this.kernel.hostLinks();
  }

  async defaultRouteInterfaces(): Promise<number[]> {
    return [...this.kernel.defaultRoutes];
  }

  async netdevFeatures(): Promise<NetdevFeatures[]> {
    return [];
  }

  // No bridges: what is done with those of the kernel is tested on the kernel.
  describeKernelVxlan = async () => null;
  listKernelFdb = async () => [];
  listKernelNeighbours = async () => [];
  listKernelRoutes = async () => [];
  setKernelFdb = async () => {};
  removeKernelFdb = async () => false;
  setKernelNeighbour = async () => {};
  removeKernelNeighbour = async () => false;
  ensureBridgePort = async () => ({ ifindex: 0, kind: "dummy" });

  async probePath(): Promise<PathProbe> {
    return { outcome: "silent", mtu: 0 };
  }
}

const hostRoute = (address: string) => `${address}/${address.includes(":") ? 128 : 32}`;
