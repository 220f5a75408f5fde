import { describe, expect, it } from "vitest";
import { fakeCounters, fakeView } from "../../test/harness/fake-view.ts";
import { renderAttachments } from "./attachments.ts";
import { renderCounters, renderRates } from "./counters.ts";
import { renderFindings } from "./doctor.ts";
import { errorLine } from "./errors.ts";
import { lines } from "./fixture.ts";
import { renderNetworks } from "./networks.ts";
import { renderPorts } from "./ports.ts";
import { portRates } from "./rates.ts";
import { renderStatus } from "./status.ts";
import { formatBitRate, formatBytes, formatCount, formatDuration } from "./units.ts";

describe("the tables", () => {
  const view = fakeView();

  it("of ports name the mode reached and those refused", () => {
    expect(lines(renderPorts(view.ports()))).toEqual([
      "PORT INTERFACE NETWORK ROLE BACKEND MODE TRANSMIT TX CHECKSUM MULTI-BUFFER QUEUES FILL" +
        " ATTACHMENT KERNEL DROPS REFUSED MODES",
      "0 mr0 blue pod xdp copy copy software yes 0 on worker 0 2048 c1:eth0 -" +
        " zero-copy: EOPNOTSUPP; live-frames: the device is no veth",
    ]);
  });

  it("of ports show what the kernel dropped, and a socket that is dead", () => {
    const [port] = view.ports();
    if (port === undefined) throw new Error("the fixture has a port");
    const kernel = { rx_dropped: 3, rx_ring_full: 0, tx_ring_empty_descs: 9 };
    expect(renderPorts([{ ...port, kernel }])).toContain("rx_dropped 3 ");
    expect(renderPorts([{ ...port, kernel: null }])).toContain("socket is dead");
  });

  it("of networks show prefixes, addresses in use and routes that wait for their pod", () => {
    expect(lines(renderNetworks(view.networks()))[1]).toBe(
      "blue routed 1500 10.1.0.0/24 10.1.0.1 1 of 253 1 10.1.0.0/24 " +
        "10.9.0.0/16 via 10.1.0.9 (waiting for the pod)",
    );
  });

  it("of attachments show pod, addresses and age", () => {
    const now = Date.parse("2026-01-02T03:06:06Z");
    expect(lines(renderAttachments(view.attachments(), now))[1]).toBe(
      "c1 default/web-0 eth0 blue attached 10.1.0.2/32 02:00:00:00:00:02 mr0 0 copy 2 min",
    );
  });

  it("of counters list only the drop reasons that occurred", () => {
    const text = lines(renderCounters(view.counters()));
    expect(text[1]).toBe("0 mr0 blue 10 1000 B 8 800 B 3");
    expect(text).toContain("no-route mr0 blue 3");
    expect(text.join("\n")).not.toContain("runt");
  });

  it("say in words that there is nothing to show", () => {
    expect(renderPorts([])).toContain("no pod is attached");
    expect(renderAttachments([])).toContain("no runtime has called ADD");
    expect(renderNetworks([])).toContain('under "networks"');
    expect(renderRates([])).toContain("no pod is attached");
  });
});

describe("renderStatus", () => {
  it("says ready, or why pods cannot be attached", () => {
    const view = fakeView();
    expect(lines(renderStatus(view.status()))[0]).toBe("state ready");
    view.data.status.problems = ["journal: no space left"];
    const text = lines(renderStatus(view.status()));
    expect(text[0]).toBe("state ready, cannot attach pods");
    expect(text).toContain("problem journal: no space left");
  });

  it("counts the DELs in the spool, and says why it cannot be used", () => {
    const view = fakeView();
    expect(lines(renderStatus(view.status()))).toContain("spool /var/lib/millrace/spool, 0 DELs");
    view.data.status.spool = { path: "/s", waiting: 3, unusable: 1, problem: "others can write" };
    const text = lines(renderStatus(view.status()));
    expect(text).toContain("spool /s, 3 DELs, 1 unusable");
    expect(text).toContain("problem others can write");
  });

  it("counts attachments that are not attached, and repairs of the last sweep", () => {
    const view = fakeView();
    view.data.status.attachments.lost = 2;
    const at = "2026-01-02T03:04:05Z";
    const counts = { undone: 0, restored: 3, released: 0, swept: 1, lost: 0 };
    view.data.status.reconcile = { at, ...counts, failures: [] };
    const text = lines(renderStatus(view.status()));
    expect(text).toContain("attachments 1 attached, 2 lost");
    expect(text).toContain(`last sweep ${at}: 3 restored, 1 swept`);
  });
});

describe("renderStatus of the flow lane", () => {
  it("counts its flows, or says why there is none", () => {
    const view = fakeView();
    expect(lines(renderStatus(view.status()))).toContain("flow lane off");
    view.data.status.flowLane = { flows: 12, missing: "" };
    expect(lines(renderStatus(view.status()))).toContain("flow lane 12 flows");
    view.data.status.flowLane = { flows: 0, missing: "needs Linux 6.3" };
    expect(lines(renderStatus(view.status()))).toContain("flow lane none: needs Linux 6.3");
  });
});

describe("portRates", () => {
  it("divides growth by the time and leaves quiet drop reasons out", () => {
    const before = { ports: [fakeCounters()], workers: [] };
    const grown = fakeCounters();
    grown.counters["rx_packets"] = 30;
    grown.drops["no-route"] = 4;
    const [rates] = portRates(before, { ports: [grown], workers: [] }, 2);
    expect(rates).toMatchObject({ rxPackets: 10, txPackets: 0, drops: { "no-route": 0.5 } });
  });

  it("counts from zero for a port that now belongs to another pod", () => {
    const before = { ports: [fakeCounters(0, "c1:eth0")], workers: [] };
    const after = { ports: [fakeCounters(0, "c2:eth0")], workers: [] };
    expect(portRates(before, after, 1)[0]?.rxPackets).toBe(10);
  });

  it("is shown with units", () => {
    const [rates] = portRates({ ports: [], workers: [] }, fakeView().counters(), 1);
    expect(lines(renderRates(rates === undefined ? [] : [rates]))[1]).toBe(
      "0 mr0 blue 10 pps 8.00 kbit/s 8 pps 6.40 kbit/s no-route 3",
    );
  });
});

describe("renderFindings", () => {
  it("puts the remedy under its line and ends with a verdict", () => {
    const text = lines(
      renderFindings([
        { check: "kernel", status: "ok", text: "Linux 6.18" },
        { check: "BPF JIT", status: "problem", text: "off", remedy: "switch it on" },
      ]),
    );
    expect(text).toEqual([
      "ok kernel Linux 6.18",
      "problem BPF JIT off",
      "remedy: switch it on",
      "",
      "1 problem(s), 0 warning(s)",
    ]);
  });
});

describe("the units", () => {
  it("scale to three digits", () => {
    expect(formatCount(999)).toBe("999 ");
    expect(formatCount(1234567)).toBe("1.23 M");
    expect(formatBytes(33554432)).toBe("32.0 MiB");
    expect(formatBitRate(925e6)).toBe("7.40 Gbit/s");
  });

  it("show the two largest parts of a duration", () => {
    expect(formatDuration(0.4)).toBe("0 s");
    expect(formatDuration(61)).toBe("1 min 1 s");
    expect(formatDuration(90061)).toBe("1 d 1 h");
    expect(formatDuration(86400)).toBe("1 d");
  });
});

describe("errorLine", () => {
  it("is one line with every cause that says more", () => {
    const error = new Error("cannot load\nthe addon", { cause: new Error("no such file") });
    expect(errorLine(error)).toBe("cannot load the addon: no such file");
    expect(errorLine(new Error("a: b", { cause: new Error("b") }))).toBe("a: b");
    expect(errorLine("text")).toBe("text");
  });
});
