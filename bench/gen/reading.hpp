#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "track.h"

namespace gen {

/** The queues of an interface together; sequence is that of each queue. */
track sum_of(const std::vector<track>& queues);

/** As JSON in one line, the buckets that are not empty as [least nanoseconds, count]. */
std::string to_json(const track& seen, double seconds, uint64_t interface_drops,
                    const std::string& mode);

}  // namespace gen
