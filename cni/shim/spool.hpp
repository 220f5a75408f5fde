#pragma once
// DELs for an agent that is away: one file per call in a directory that the agent empties when it
// is back. A file has its final name only when it is whole and on the disk.
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdio>

#include "agent.hpp"
#include "call.hpp"
#include "spool_dir.hpp"

namespace millrace {

// FNV-1a, 64 bits. Keeps apart what has the same name below; it guards against nothing.
inline std::uint64_t hash(std::uint64_t state, string_view text) {
  for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return state;
}

inline void append_hex(Buffer& out, std::uint64_t number) {
  for (int shift = 60; shift >= 0; shift -= 4)
    out.append("0123456789abcdef"[(number >> shift) & 15]);
}

// Letters, digits, '-' and '_' only, so that no container id can name a file elsewhere.
inline void append_plain(Buffer& out, string_view text, std::size_t longest) {
  for (std::size_t i = 0; i < text.size() && i < longest; ++i) {
    const char c = text[i];
    const char lower = static_cast<char>(c | 0x20);
    const bool plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-';
    out.append(plain ? c : '_');
  }
}

// The boot and the moment of the call tell the agent whether an attachment is newer than a DEL of
// the same name; the wall clock would not, since it can be set.
inline void append_moment(Buffer& out, unsigned long microseconds) {
  Buffer boot;
  const Descriptor file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  read_all(file.fd(), boot, 64, Deadline(kGrace));
  while (!boot.empty() && boot.view().back() == '\n') boot.shrink(1);
  out.append(",\"called\":{\"bootId\":");
  write_json_string(out, boot.view());
  out.append(",\"microseconds\":").append_number(microseconds).append("}");
}

class SpoolEntry {
 public:
  SpoolEntry() = default;
  SpoolEntry(const SpoolEntry&) = delete;
  SpoolEntry& operator=(const SpoolEntry&) = delete;
  ~SpoolEntry() { discard(); }

  // Puts the call on the disk under a temporary name. Null, or why it could not, in words.
  template <std::size_t N>
  const char* write(const Call& call, string_view path, const string_view (&names)[N],
                    const Deadline& deadline) {
    if (const char* problem = directory_.open(path)) return problem;
    choose_names(call);
    Buffer moment;
    append_moment(moment, call.called);
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    const Descriptor file(::openat(directory_.fd(), temporary_.view().data(), flags, 0600));
    if (!file) return describe_errno();
    written_ = true;
    DescriptorSink sink(file.fd(), deadline);
    write_call(sink, names, call.config.view(), moment.view());
    const bool durable = sink.flush() && ::fsync(file.fd()) == 0;
    return durable ? nullptr : describe_errno();
  }

  // Gives the file its name. From then on the call is kept. Null, or why not.
  const char* commit() {
    const int fd = directory_.fd();
    const bool named = ::renameat(fd, temporary_.view().data(), fd, name_.view().data()) == 0;
    if (!named) return describe_errno();
    written_ = false;
    return ::fsync(fd) == 0 ? nullptr : describe_errno();
  }

  void discard() {
    if (written_) ::unlinkat(directory_.fd(), temporary_.view().data(), 0);
    written_ = false;
  }

 private:
  // The same call again gets the same name; one with another configuration has a file of its own.
  void choose_names(const Call& call) {
    constexpr string_view kSeparator("\0", 1);
    const string_view container = environment("CNI_CONTAINERID");
    const string_view interface = environment("CNI_IFNAME");
    std::uint64_t digest = 0xcbf29ce484222325;
    for (const string_view part : {container, kSeparator, interface, kSeparator}) {
      digest = hash(digest, part);
    }
    name_.append("del-");
    append_plain(name_, container, 96);
    name_.append('-');
    append_plain(name_, interface, 15);
    name_.append('-');
    append_hex(name_, hash(digest, call.config.view()));
    temporary_.append('.').append(name_.view()).append('-');
    temporary_.append_number(static_cast<unsigned long>(::getpid())).append('-');
    temporary_.append_number(call.called).append(string_view(".tmp\0", 5));
    name_.append(string_view(".json\0", 6));
  }

  SpoolDirectory directory_;
  Buffer name_;
  Buffer temporary_;
  bool written_ = false;
};

}  // namespace millrace
