#pragma once
// A growable byte string. std::string would pull the exception support of libstdc++, more than a
// megabyte, into a static executable that never throws.
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

namespace millrace {

class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }

  std::string_view view() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }

  Buffer& append(std::string_view text) {
    if (text.empty()) return *this;
    std::memcpy(space(text.size()), text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  Buffer& append(char c) { return append({&c, 1}); }
  Buffer& append_number(unsigned long number) {
    char digits[20];
    std::size_t start = sizeof(digits);
    do {
      digits[--start] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    return append({digits + start, sizeof(digits) - start});
  }

  // Room for `bytes` more after the end; grow() makes them part of the buffer.
  char* space(std::size_t bytes) {
    if (capacity_ - size_ >= bytes) return data_ + size_;
    std::size_t capacity = capacity_ == 0 ? 4096 : capacity_;
    while (capacity - size_ < bytes) capacity *= 2;
    void* grown = std::realloc(data_, capacity);
    if (grown == nullptr) out_of_memory();
    data_ = static_cast<char*>(grown);
    capacity_ = capacity;
    return data_ + size_;
  }
  void grow(std::size_t bytes) { size_ += bytes; }
  void shrink(std::size_t bytes) { size_ -= bytes; }

 private:
  [[noreturn]] static void out_of_memory() {
    constexpr std::string_view kError =
        R"({"cniVersion":"1.1.0","code":5,"msg":"out of memory in the CNI executable"})";
    const ssize_t written = ::write(STDOUT_FILENO, kError.data(), kError.size());
    std::_Exit(written < 0 ? 2 : 1);
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace millrace
