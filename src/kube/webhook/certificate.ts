import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";

/** A serving certificate with its key, both PEM, of which is known that they can be used. */
export interface ServingCertificate {
  /** The certificate, then those that signed it. */
  cert: string;
  key: string;
  /** Milliseconds since the epoch, of the certificate of the chain that begins last. */
  validFrom: number;
  /** As `validFrom`, of the one that ends first. */
  validTo: number;
}

// RFC 7468; files may hold other things as well, and text between them.
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;

/**
 * All certificates of a PEM text.
 * @throws Error in words when it ends in the middle, or there is none
 */
export function readCertificates(text: string): X509Certificate[] {
  const accepted = "accepted: certificates in PEM form";
  if (text.replaceAll(BLOCK, "").includes("-----")) {
    throw new Error(`the file is not whole; ${accepted}`);
  }
  const blocks = [...text.matchAll(BLOCK)].filter(([, label]) => label === "CERTIFICATE");
  if (blocks.length === 0) throw new Error(`no certificate in the file; ${accepted}`);
  return blocks.map(([block]) => new X509Certificate(block));
}

/**
 * Checks that a certificate and a key belong together and can be used by a server.
 * @throws Error in words
 */
export function readServingCertificate(cert: string, key: string): ServingCertificate {
  const chain = readCertificates(cert);
  const privateKey = readKey(key);
  if (!chain[0]?.checkPrivateKey(privateKey)) {
    throw new Error("the key is not that of the certificate, which must be the first of its file");
  }
  createSecureContext({ cert, key });
  return {
    ...{ cert, key },
    validFrom: Math.max(...chain.map(({ validFromDate }) => validFromDate.getTime())),
    validTo: Math.min(...chain.map(({ validToDate }) => validToDate.getTime())),
  };
}

function readKey(key: string) {
  try {
    return createPrivateKey(key);
  } catch (error) {
    const accepted = "accepted: a private key in PEM form without a passphrase";
    throw new Error(`the key cannot be read: ${(error as Error).message}; ${accepted}`, {
      cause: error,
    });
  }
}
