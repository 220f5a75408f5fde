import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { z } from "zod";

const MAC_ACCEPTED = 'a unicast MAC address like "02:00:00:00:00:01"';
const IP_ACCEPTED = 'an address like "10.1.0.5" or "fd00:1::5", with or without prefix length';

/** A MAC that an interface can have; becomes lower case with colons. */
export const macSchema = z.string({ error: MAC_ACCEPTED }).transform((text, context) => {
  const mac = text.toLowerCase().replaceAll("-", ":");
  const multicast = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) && !multicast && mac !== "00:00:00:00:00:00") {
    return mac;
  }
  context.addIssue({ code: "custom", message: MAC_ACCEPTED });
  return z.NEVER;
});

/**
 * An address asked for. The prefix length that callers may add (conventions "ips" and "IP") is
 * checked and dropped: the network knows which one its pods have. Becomes canonical (RFC 5952).
 */
export const ipSchema = z.string({ error: IP_ACCEPTED }).transform((text, context) => {
  const [address = "", length, ...more] = text.split("/");
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const lengthOk = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits);
  if (bits > 0 && lengthOk && more.length === 0 && !address.includes("%")) {
    return ipaddr.parse(address).toString();
  }
  context.addIssue({ code: "custom", message: IP_ACCEPTED });
  return z.NEVER;
});
