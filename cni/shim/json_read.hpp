#pragma once
// Reads one string of the outermost object of a JSON text (RFC 8259). Everything else about the
// configuration is the agent's business.
#include <cstdint>
#include <string_view>

#include "buffer.hpp"

namespace millrace {

inline void append_utf8(Buffer& out, std::uint32_t code) {
  const auto tail = [code](int shift) {
    return static_cast<char>(0x80 | ((code >> shift) & 0x3f));
  };
  if (code < 0x80) {
    out.append(static_cast<char>(code));
  } else if (code < 0x800) {
    out.append(static_cast<char>(0xc0 | (code >> 6))).append(tail(0));
  } else if (code < 0x10000) {
    out.append(static_cast<char>(0xe0 | (code >> 12))).append(tail(6)).append(tail(0));
  } else {
    out.append(static_cast<char>(0xf0 | (code >> 18)));
    out.append(tail(12)).append(tail(6)).append(tail(0));
  }
}

// Walks JSON text once, without recursion, so that no nesting can exhaust the stack.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : text_(text) {}

  // Skips white space, then consumes `c` if it is next.
  bool take(char c) {
    while (!text_.empty() && is_space(text_.front())) text_.remove_prefix(1);
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  // Reads a string whose opening quote was taken. False when it is malformed.
  bool read_string(Buffer& out) {
    out.clear();
    while (!text_.empty()) {
      const char c = next();
      if (c == '"') return true;
      if (c != '\\') {
        out.append(c);
      } else if (!read_escape(out)) {
        return false;
      }
    }
    return false;
  }

  // Stops before the comma or brace that ends the current member of the object.
  bool skip_value(Buffer& scratch) {
    std::size_t depth = 0;
    while (!text_.empty()) {
      const char c = text_.front();
      if (depth == 0 && (c == ',' || c == '}')) return true;
      text_.remove_prefix(1);
      if (c == '"' && !read_string(scratch)) return false;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (depth == 0) return false;
        --depth;
      }
    }
    return false;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  char next() {
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  bool read_hex4(std::uint32_t& code) {
    if (text_.size() < 4) return false;
    code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = next();
      const char lower = static_cast<char>(c | 0x20);
      if (c >= '0' && c <= '9') {
        code = code * 16 + static_cast<std::uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        code = code * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
      } else {
        return false;
      }
    }
    return true;
  }

  bool read_escape(Buffer& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
    if (text_.empty()) return false;
    const char c = next();
    if (c == 'u') return read_unicode(out);
    const std::size_t i = kNames.find(c);
    if (i == std::string_view::npos) return false;
    out.append(kValues[i]);
    return true;
  }

  // RFC 8259 section 7: characters beyond U+FFFF are surrogate pairs. A lone half becomes U+FFFD.
  bool read_unicode(Buffer& out) {
    std::uint32_t code = 0, low = 0;
    if (!read_hex4(code)) return false;
    if (code >= 0xd800 && code <= 0xdbff && text_.starts_with("\\u")) {
      const std::string_view before = text_;
      text_.remove_prefix(2);
      if (!read_hex4(low)) return false;
      if (low >= 0xdc00 && low <= 0xdfff) {
        append_utf8(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
        return true;
      }
      text_ = before;
    }
    append_utf8(out, code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);
    return true;
  }

  std::string_view text_;
};

// Puts the string `key` of the outermost object of `json` into `value`; the last one counts when
// the key is repeated, as in JSON.parse. False when there is none or the text is malformed.
inline bool find_string(std::string_view json, std::string_view key, Buffer& value) {
  JsonCursor cursor(json);
  Buffer name, candidate;
  bool found = false;
  value.clear();
  if (!cursor.take('{')) return false;
  do {
    if (!cursor.take('"') || !cursor.read_string(name) || !cursor.take(':')) break;
    const bool wanted = name.view() == key;
    if (!cursor.take('"')) {
      if (wanted) found = false;
      if (!cursor.skip_value(name)) break;
    } else if (!cursor.read_string(candidate)) {
      break;
    } else if (wanted) {
      value.clear();
      value.append(candidate.view());
      found = true;
    }
  } while (cursor.take(','));
  return found && cursor.take('}');
}

}  // namespace millrace
