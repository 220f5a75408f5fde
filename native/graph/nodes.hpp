#pragma once
// One function per node, one file per function. Each empties its own input burst.
#include "graph/graph.hpp"

namespace millrace {

void ethernet_input(Graph& graph);
void bridge_input(Graph& graph);
void bridge_flood(Graph& graph);
void arp_responder(Graph& graph);
void ip4_forward(Graph& graph);
void ip4_local(Graph& graph);
void icmp4_error(Graph& graph);
void ip6_forward(Graph& graph);
void nd_responder(Graph& graph);
void ip6_local(Graph& graph);
void resolve(Graph& graph);
void icmp6_error(Graph& graph);
void vxlan_input(Graph& graph);
void rewrite(Graph& graph);
void vxlan_encap(Graph& graph);
void transmit(Graph& graph);

}  // namespace millrace
