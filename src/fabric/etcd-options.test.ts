import { expect, test } from "vitest";
import { checkEtcdOptions } from "./etcd-options.ts";

const good = { endpoints: ["http://127.0.0.1:2379"], prefix: "/millrace/v1", leaseSeconds: 30 };
const https = { endpoints: ["https://[2001:db8::1]:2379", "https://etcd.example:2379"] };

test("Options that can work are taken", () => {
  expect(() => checkEtcdOptions(good)).not.toThrow();
  expect(() => checkEtcdOptions({ ...good, ...https, tls: { ca: "/ca.pem" } })).not.toThrow();
});

test.each([
  ["endpoints", { endpoints: [] }, /etcd: endpoints = \[\]: there is none; accepted: client URLs/],
  ["endpoints", { endpoints: ["http://a:1", "https://a:2"] }, /http and https are mixed/],
  ["endpoints[1]", { endpoints: ["http://a:1", "a:2379"] }, /endpoints\[1\] = "a:2379": accepted/],
  ["prefix", { prefix: "/millrace/" }, /a slash first, none at the end/],
  ["leaseSeconds", { leaseSeconds: 1 }, /an integer from 2 to 3600/],
  ["tls", { tls: { ca: "/ca.pem" } }, /the endpoints are http; accepted: endpoints with https/],
  ["tls", { ...https, tls: { cert: "/c.pem" } }, /accepted: cert and key, or neither/],
])("Options are refused whose %s cannot work", (key, wrong, message) => {
  const check = () => checkEtcdOptions({ ...good, ...wrong });
  expect(check).toThrow(message);
  expect(check).toThrow(expect.objectContaining({ code: "MILLRACE_CONFIG", key }));
});
