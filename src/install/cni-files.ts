/** What the CNI executable is called: the `type` of network configurations. */
export const SHIM_NAME = "millrace";

/** Where runtimes look for CNI executables when they are not told otherwise. */
export const CNI_BIN_DIR = "/opt/cni/bin";

/** Where they look for network configurations. */
export const CNI_CONF_DIR = "/etc/cni/net.d";

/** What they take for one; the first in the order of names wins. */
export const CNI_CONF_FILE = /\.(conf|conflist|json)$/;

/** Name of ours, unless another is wished. */
export const CONFLIST_NAME = "10-millrace.conflist";
