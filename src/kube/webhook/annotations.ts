/** Of pods, by Multus: NetworkAttachmentDefinitions that the pod is attached to. */
export const NETWORKS = "k8s.v1.cni.cncf.io/networks";
/** Of pods, by Multus: the definition in place of the cluster's own network. */
export const DEFAULT_NETWORK = "v1.multus-cni.io/default-network";
/** Of pods: VFs by the names of their pools. */
export const VFS = "millrace.io/vfs";
/** Of pods: the container that gets the resources; the first one unless named. */
export const CONTAINER = "millrace.io/container";

/** Of definitions: the resource of which each attachment takes one. */
export const RESOURCE_NAME = "k8s.v1.cni.cncf.io/resourceName";
/** Of definitions: labels of the nodes where the network is. */
export const NODE_SELECTOR = "k8s.v1.cni.cncf.io/nodeSelector";

/** Of pods that the kubelet shows and nobody schedules. */
export const MIRROR = "kubernetes.io/config.mirror";

/** An annotation with nothing in it asks for nothing, as to Multus. */
export const ASKING = [NETWORKS, DEFAULT_NETWORK, VFS] as const;
