#include "link/host_facts.hpp"

#include <bpf/libbpf.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include <cstring>
#include <fstream>

#include "engine/umem.hpp"
#include "engine/unique_fd.hpp"
#include "engine/xdp_uapi.hpp"

namespace millrace {

namespace {

std::uint64_t free_hugepages() {
  std::ifstream file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  std::uint64_t pages = 0;
  file >> pages;
  return file ? pages : 0;
}

// The kernel refuses a UMEM registration with flags it does not know.
bool accepts_tx_metadata(int socket) {
  const Umem umem(2, 2048, Hugepages::kOff);
  const uapi::UmemReg registration{reinterpret_cast<std::uint64_t>(umem.base()),
                                   umem.bytes(),
                                   2048,
                                   0,
                                   uapi::kUmemTxMetadataLen,
                                   sizeof(uapi::TxMetadata)};
  return ::setsockopt(socket, SOL_XDP, XDP_UMEM_REG, &registration, sizeof(registration)) == 0;
}

}  // namespace

HostFacts probe_host() {
  HostFacts facts;
  utsname names{};
  ::uname(&names);
  facts.kernel = names.release;
  facts.libbpf = libbpf_version_string();
  facts.hugepages_free = free_hugepages();
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  facts.memlock_bytes = limit.rlim_cur;
  const UniqueFd socket(::socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
  facts.af_xdp = static_cast<bool>(socket);
  if (facts.af_xdp)
    facts.tx_metadata = accepts_tx_metadata(socket.get());
  else
    facts.af_xdp_reason = std::strerror(errno);
  return facts;
}

}  // namespace millrace
