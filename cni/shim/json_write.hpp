#pragma once
// JSON strings (RFC 8259 section 7), written so that they are valid whatever bytes they hold.
#include <string_view>

namespace millrace {

// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode table 3-7), else 0.
inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto tail = [byte](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    // Overlong forms after e0, UTF-16 surrogates after ed.
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

// Writes `text` as a JSON string. A byte that is not UTF-8 becomes U+FFFD: the reader must get
// valid JSON to be able to complain about the content.
template <typename Sink>
void write_json_string(Sink& sink, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  sink.append("\"");
  std::size_t plain = 0;  // bytes at the start of `text` that need no escape
  const auto flush = [&](std::size_t escaped) {
    sink.append(std::string_view(text.data(), plain));
    text.remove_prefix(plain + escaped);
    plain = 0;
  };
  while (plain < text.size()) {
    const auto c = static_cast<unsigned char>(text[plain]);
    const std::size_t length = utf8_length({text.data() + plain, text.size() - plain});
    if (length == 0) {
      flush(1);
      sink.append("\xef\xbf\xbd");
    } else if (c == '"' || c == '\\') {
      const char escape[] = {'\\', static_cast<char>(c)};
      flush(1);
      sink.append(std::string_view(escape, 2));
    } else if (c < 0x20) {
      const char escape[] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
      flush(1);
      sink.append(std::string_view(escape, 6));
    } else {
      plain += length;
    }
  }
  flush(0);
  sink.append("\"");
}

}  // namespace millrace
