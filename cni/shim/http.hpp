#pragma once
// Just enough HTTP/1.1 (RFC 9112) to post one request over a unix socket and to know that the
// answer arrived whole: Content-Length, chunked, or everything until the agent closes.
#include <string_view>

#include "buffer.hpp"

namespace millrace {

struct Reply {
  int status = 0;
  // The agent is there, but has not looked at the call.
  bool starting = false;
  Buffer body;
};

enum class Parse { complete, incomplete, malformed };

namespace detail {

inline bool same_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// Cuts the text before `mark` off `rest`, which then begins after it. False when there is no mark.
inline bool cut(std::string_view& rest, std::string_view mark, std::string_view& before) {
  const std::size_t at = rest.find(mark);
  if (at == std::string_view::npos) return false;
  before = {rest.data(), at};
  rest.remove_prefix(at + mark.size());
  return true;
}

inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Seven digits are far beyond any answer that the caller accepts, and cannot overflow.
inline bool parse_number(std::string_view text, unsigned base, std::size_t& number) {
  if (text.empty() || text.size() > 7) return false;
  number = 0;
  for (const char c : text) {
    const char lower = static_cast<char>(c | 0x20);
    unsigned digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (lower >= 'a' && lower <= 'f') digit = static_cast<unsigned>(lower - 'a') + 10;
    if (digit >= base) return false;
    number = number * base + digit;
  }
  return true;
}

// RFC 9112 section 7.1; extensions and trailers are skipped.
inline Parse parse_chunks(std::string_view rest, Buffer& body) {
  for (;;) {
    std::string_view line, size_text;
    if (!cut(rest, "\r\n", line)) return Parse::incomplete;
    size_text = line;
    cut(line, ";", size_text);
    std::size_t size = 0;
    if (!parse_number(trim(size_text), 16, size)) return Parse::malformed;
    if (size == 0) break;
    if (rest.size() < size + 2) return Parse::incomplete;
    body.append({rest.data(), size});
    rest.remove_prefix(size);
    if (!rest.starts_with("\r\n")) return Parse::malformed;
    rest.remove_prefix(2);
  }
  std::string_view trailer;
  do {
    if (!cut(rest, "\r\n", trailer)) return Parse::incomplete;
  } while (!trailer.empty());
  return Parse::complete;
}

struct Framing {
  bool chunked = false;
  bool has_length = false;
  bool starting = false;
  std::size_t length = 0;
};

inline bool parse_headers(std::string_view head, Framing& framing) {
  while (!head.empty()) {
    std::string_view line, name;
    if (!cut(head, "\r\n", line)) return false;
    if (!cut(line, ":", name)) return false;
    const std::string_view value = trim(line);
    if (same_text(name, "content-length")) {
      if (!parse_number(value, 10, framing.length)) return false;
      framing.has_length = true;
    } else if (same_text(name, "transfer-encoding")) {
      if (!same_text(value, "chunked")) return false;
      framing.chunked = true;
    } else if (same_text(name, "millrace-agent")) {
      framing.starting = same_text(value, "starting");
    }
  }
  return true;
}

// "HTTP/1.1 200 OK"
inline bool parse_status(std::string_view line, int& status) {
  std::size_t number = 0;
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  if (!parse_number({line.data() + 9, 3}, 10, number)) return false;
  status = static_cast<int>(number);
  return status >= 200;
}

}  // namespace detail

// Looks at everything received so far; `closed` says that nothing will follow.
inline Parse parse_reply(std::string_view raw, bool closed, Reply& reply) {
  const Parse unfinished = closed ? Parse::malformed : Parse::incomplete;
  std::string_view head, status_line;
  if (!detail::cut(raw, "\r\n\r\n", head)) return unfinished;
  head = {head.data(), head.size() + 2};  // each line keeps its end
  detail::Framing framing;
  detail::cut(head, "\r\n", status_line);
  if (!detail::parse_status(status_line, reply.status)) return Parse::malformed;
  if (!detail::parse_headers(head, framing)) return Parse::malformed;
  reply.starting = framing.starting;
  reply.body.clear();
  if (reply.status == 204) return Parse::complete;
  if (framing.chunked) {
    const Parse parse = detail::parse_chunks(raw, reply.body);
    return parse == Parse::incomplete ? unfinished : parse;
  }
  if (!framing.has_length && !closed) return Parse::incomplete;
  if (framing.has_length && raw.size() < framing.length) return unfinished;
  reply.body.append({raw.data(), framing.has_length ? framing.length : raw.size()});
  return Parse::complete;
}

}  // namespace millrace
