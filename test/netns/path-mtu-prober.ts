// A prober through the addon, in the namespace it is started in: prints a line of JSON whenever
// state or MTU are others, until it is killed. Arguments: source, address, MTU of the link.
import { loadNative } from "../../src/dataplane/native.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { PathMtuProber } from "../../src/vxlan/path-mtu.ts";

const [source = "", address = "", linkMtu = ""] = process.argv.slice(2);
const native = loadNative();
const prober = new PathMtuProber(
  {
    probe: (from, destination, bytes, timeoutMs) =>
      native.probePath({ source: from, destination, bytes, timeoutMs }),
    now: () => performance.now(),
    peers: () => [{ vtep: "vtep0", source, address, linkMtu: Number(linkMtu) }],
    onChange: (_vtep, _address, mtu) => console.log(`applied ${mtu}`),
    log: createLogger("info"),
  },
  { intervalSeconds: 2, enabled: true },
);
prober.start();
let last = "";
setInterval(() => {
  const [view] = prober.views();
  const line = `view ${view?.state} ${view?.mtu}`;
  if (line !== last) console.log(line);
  last = line;
}, 20);
console.log("probing");
