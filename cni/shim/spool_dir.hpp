#pragma once
// The directory of spooled DELs: made when missing, and refused when others could write to it or
// when it is full.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "call.hpp"

namespace millrace {

// Far more than a node has pods; what goes on failing must not fill the disk of the node.
constexpr unsigned long kMaxSpoolFiles = 10000;
constexpr unsigned long kMaxSpoolBytes = 64UL << 20;

class SpoolDirectory {
 public:
  int fd() const { return descriptor_.fd(); }

  // Null, or why it cannot be used, in words.
  const char* open(string_view path) {
    Buffer name;
    name.append(path).append('\0');
    descriptor_.reset(::open(name.view().data(), kFlags));
    if (!descriptor_ && errno == ENOENT && make(name)) {
      descriptor_.reset(::open(name.view().data(), kFlags));
    }
    if (!descriptor_) return describe_errno();
    struct stat status {};
    if (::fstat(fd(), &status) < 0) return describe_errno();
    const bool ours = status.st_uid == ::geteuid() && (status.st_mode & 0022) == 0;
    return ours ? has_room() : "others can write to it; its owner must be root, and its mode 0700";
  }

 private:
  static constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

  // Each new directory is put on the disk with the one that it is in.
  static bool make(Buffer& path) {
    char* const text = path.space(0) - path.size();
    for (std::size_t i = 1; i < path.size(); ++i) {
      if (text[i] != '/' && text[i] != '\0') continue;
      const char end = text[i];
      text[i] = '\0';
      const bool made = ::mkdir(text, 0700) == 0;
      const bool usable = made ? sync_parent(text) : errno == EEXIST;
      text[i] = end;
      if (!usable) return false;
    }
    return true;
  }

  static bool sync_parent(const char* path) {
    Buffer parent;
    parent.append(path).append(string_view("/..\0", 4));
    const Descriptor directory(::open(parent.view().data(), kFlags));
    return directory && ::fsync(directory.fd()) == 0;
  }

  const char* has_room() const {
    // Reading moves the position of a descriptor, so this has one of its own.
    DIR* const entries = ::fdopendir(::openat(fd(), ".", kFlags));
    if (entries == nullptr) return describe_errno();
    unsigned long files = 0, bytes = 0;
    while (const dirent* entry = ::readdir(entries)) {
      struct stat status {};
      if (::fstatat(fd(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) continue;
      if (S_ISDIR(status.st_mode)) continue;
      ++files;
      bytes += static_cast<unsigned long>(status.st_size);
    }
    ::closedir(entries);
    return files < kMaxSpoolFiles && bytes < kMaxSpoolBytes
               ? nullptr
               : "it is full: 10000 files or 64 MiB are waiting for the agent";
  }

  Descriptor descriptor_;
};

}  // namespace millrace
