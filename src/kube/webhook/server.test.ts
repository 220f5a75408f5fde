import { describe, expect, it } from "vitest";
import { NETWORKS, VFS } from "./annotations.ts";
import { applyPatch, podWith, reviewOf } from "./fixture.ts";
import { BODY_LIMIT } from "./routes.ts";
import { bench, needsCertificates } from "./server-fixture.ts";

needsCertificates();

async function mutate(object: unknown, onError: "allow" | "refuse" = "allow") {
  const { open, call } = await bench();
  await open({ onError });
  const { status, body } = await call(
    "POST",
    "/mutate?timeout=5s",
    JSON.stringify(reviewOf(object)),
  );
  expect(status).toBe(200);
  return { review: JSON.parse(body), metrics: (await call("GET", "/metrics")).body };
}

describe("the webhook", () => {
  it("answers a review with a patch in base64", async () => {
    const pod = podWith({ [VFS]: "fast=2" });
    const { review, metrics } = await mutate(pod);
    const { response, ...rest } = review;
    expect(rest).toEqual({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" });
    const { patch, ...head } = response;
    const uid = "705ab4f5-6393-11e8-b7cc-42010a800002";
    expect(head).toEqual({ uid, allowed: true, patchType: "JSONPatch" });
    const after = applyPatch(pod, JSON.parse(Buffer.from(patch, "base64").toString()));
    const resources = {
      limits: { "millrace.io/fast": "2" },
      requests: { "millrace.io/fast": "2" },
    };
    expect(after).toMatchObject({ spec: { containers: [{ resources }, { resources: {} }] } });
    expect(metrics).toContain('millrace_webhook_admissions_total{outcome="patched"} 1');
    expect(metrics).toContain("millrace_webhook_admission_seconds_count 1");
  });

  it("answers with nothing but yes for a pod that does not ask", async () => {
    const { review, metrics } = await mutate(podWith({}));
    expect(review.response).toEqual({ uid: expect.any(String), allowed: true });
    expect(metrics).toContain('millrace_webhook_admissions_total{outcome="ignored"} 1');
  });

  it("answers a bad annotation with a status that says what is wrong", async () => {
    const { review } = await mutate(podWith({ [VFS]: "fast=many" }));
    expect(review.response).toMatchObject({
      allowed: false,
      status: {
        status: "Failure",
        code: 400,
        message: expect.stringContaining(`${VFS} = "fast=many"`),
      },
    });
  });

  it("lets a pod pass with a warning while the API is away", async () => {
    const { review, metrics } = await mutate(podWith({ [NETWORKS]: "fast" }));
    expect(review.response).toEqual({
      ...{ uid: expect.any(String), allowed: true },
      warnings: [expect.stringContaining("ECONNREFUSED")],
    });
    expect(metrics).toContain('millrace_webhook_admissions_total{outcome="undecided"} 1');
  });

  it("asks to try again while the API is away, when told so", async () => {
    const { review } = await mutate(podWith({ [NETWORKS]: "fast" }), "refuse");
    expect(review.response).toMatchObject({ allowed: false, status: { code: 503 } });
  });

  it("refuses what is no review, in words, and goes on", async () => {
    const { open, call } = await bench();
    await open();
    const of = (change: object) => JSON.stringify({ ...reviewOf(podWith({})), ...change });
    const tries: [string, string][] = [
      ["{", "the body is no JSON"],
      ["null", "accepted: AdmissionReview of admission.k8s.io/v1"],
      [of({ apiVersion: "admission.k8s.io/v1beta1" }), "accepted: AdmissionReview of admission"],
      [of({ kind: "Pod" }), "accepted: AdmissionReview of admission.k8s.io/v1"],
      [of({ request: undefined }), "AdmissionReview: request"],
      [JSON.stringify(reviewOf({}, { uid: "" })), "AdmissionReview: request.uid"],
      [JSON.stringify(reviewOf({ metadata: { annotations: { [VFS]: "x" } } })), "no pod: spec"],
    ];
    for (const [body, words] of tries) {
      const reply = await call("POST", "/mutate", body);
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.body).error).toContain(words);
    }
    const { body } = await call("GET", "/metrics");
    expect(body).toContain(`outcome="malformed"} ${tries.length}`);
  });

  it("takes a body of 3 MiB and not more", async () => {
    const { open, call } = await bench();
    await open();
    const review = JSON.stringify(reviewOf(podWith({})));
    expect((await call("POST", "/mutate", review.padEnd(BODY_LIMIT))).status).toBe(200);
    const refused = await call("POST", "/mutate", review.padEnd(BODY_LIMIT + 1));
    expect(refused).toMatchObject({ status: 413, body: expect.stringContaining("3145728 bytes") });
  });

  it("says what else there is", async () => {
    const { open, call } = await bench();
    await open();
    expect(await call("GET", "/mutate")).toMatchObject({ status: 405 });
    expect((await call("GET", "/")).body).toContain("there is /mutate, /healthz, /metrics");
    expect(await call("GET", "/constructor")).toMatchObject({ status: 404 });
    expect(await call("GET", "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
  });

  it("does not start on an address that is taken, and says so", async () => {
    const { open } = await bench();
    const { port } = await open();
    await expect(open({ listen: `127.0.0.1:${port}` })).rejects.toThrow("another process has it");
  });
});
