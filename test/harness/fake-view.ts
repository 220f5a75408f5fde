import type {
  AgentStatus,
  AgentView,
  AttachmentView,
  CountersView,
  NetworkView,
  PortCounters,
  PortView,
} from "../../src/agent/view.ts";

/** An agent's view as data, for tests of what shows it: one network, one pod, one port. */
export interface FakeView extends AgentView {
  data: {
    status: AgentStatus;
    networks: NetworkView[];
    attachments: AttachmentView[];
    ports: PortView[];
    counters: CountersView;
  };
}

export function fakeView(): FakeView {
  const data: FakeView["data"] = {
    status: fakeStatus(),
    networks: [fakeNetwork()],
    attachments: [fakeAttachment()],
    ports: [fakePort()],
    counters: {
      ports: [fakeCounters()],
      workers: [
        {
          worker: 0,
          counters: {
            rounds: 100,
            busy_rounds: 40,
            sleeps: 7,
            frames_free: 900,
            frames_total: 1024,
          },
        },
      ],
    },
  };
  const fresh = <K extends keyof typeof data>(key: K) => structuredClone(data[key]);
  return {
    data,
    status: () => fresh("status"),
    networks: () => fresh("networks"),
    attachments: () => fresh("attachments"),
    ports: () => fresh("ports"),
    portMode: (key) => fresh("ports").find((port) => port.attachment === key)?.mode ?? null,
    counters: () => fresh("counters"),
  };
}

export function fakeCounters(port = 0, attachment = "c1:eth0"): PortCounters {
  return {
    port,
    ifname: `mr${port}`,
    network: "blue",
    attachment,
    counters: { rx_packets: 10, rx_bytes: 1000, tx_packets: 8, tx_bytes: 800 },
    drops: { "no-route": 3, runt: 0 },
  };
}

function fakeStatus(): AgentStatus {
  return {
    version: "0.1.0",
    pid: 42,
    state: "ready",
    problems: [],
    startedAt: "2026-01-02T03:04:05.000Z",
    uptimeSeconds: 61,
    socket: "/run/millrace/agent.sock",
    stateDir: "/var/lib/millrace",
    bootId: "b00t",
    networks: 1,
    ports: 1,
    tcPorts: 0,
    flowLane: null,
    attachments: { adding: 0, attached: 1, removing: 0, lost: 0 },
    workers: [
      {
        worker: 0,
        cpu: 1,
        umemBytes: 33554432,
        hugepages: false,
        frames: 16384,
        framesInUse: 2048,
        ports: 1,
      },
    ],
    journal: { path: "/var/lib/millrace/journal", bytes: 512, records: 1 },
    spool: { path: "/var/lib/millrace/spool", waiting: 0, unusable: 0, problem: "" },
    reconcile: null,
  };
}

function fakeNetwork(): NetworkView {
  return {
    name: "blue",
    id: 0,
    kind: "routed",
    mtu: 1500,
    gatewayMac: "02:00:00:00:00:01",
    subnets: [{ prefix: "10.1.0.0/24", gateway: "10.1.0.1", capacity: "253", allocated: 1 }],
    routes: ["10.1.0.0/24"],
    staticRoutes: [{ prefix: "10.9.0.0/16", via: "10.1.0.9", active: false }],
    uplinks: [],
    mirrorTable: null,
    leaks: [],
    fdbSize: null,
    attachments: 1,
  };
}

function fakeAttachment(): AttachmentView {
  return {
    key: "c1:eth0",
    containerId: "c1",
    ifname: "eth0",
    network: "blue",
    state: "attached",
    steps: ["veth", "port"],
    netns: "/run/netns/pod",
    pod: { namespace: "default", name: "web-0", uid: "u1" },
    addresses: [{ address: "10.1.0.2/32", gateway: "10.1.0.1" }],
    podMac: "02:00:00:00:00:02",
    hostName: "mr0",
    vf: null,
    mtu: 1500,
    port: 0,
    mode: "copy",
    createdAt: "2026-01-02T03:04:06.000Z",
  };
}

function fakePort(): PortView {
  return {
    port: 0,
    ifname: "mr0",
    network: "blue",
    role: "pod",
    attachment: "c1:eth0",
    backend: "xdp",
    mode: "copy",
    txChecksum: "software",
    multiBuffer: true,
    queues: [{ queue: 0, worker: 0 }],
    refused: ["zero-copy: EOPNOTSUPP"],
    transmit: { backend: "copy", refused: "the device is no veth" },
    fill: 2048,
    kernel: { rx_dropped: 0 },
  };
}
