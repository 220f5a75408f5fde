#pragma once
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>

namespace traffic {

/** `--key value` pairs of a command line; every key must be in `defaults`. */
class Options {
 public:
  Options(int argc, char** argv, std::map<std::string, std::string> defaults)
      : values_(std::move(defaults)) {
    for (int i = 1; i < argc; i += 2) {
      const std::string key = argv[i];
      const auto entry = key.starts_with("--") ? values_.find(key.substr(2)) : values_.end();
      if (entry == values_.end()) throw std::invalid_argument("unknown option " + key);
      if (i + 1 == argc) throw std::invalid_argument(key + " needs a value");
      entry->second = argv[i + 1];
    }
  }

  const std::string& text(const std::string& key) const {
    const std::string& value = values_.at(key);
    if (value.empty()) throw std::invalid_argument("--" + key + " is required");
    return value;
  }

  double number(const std::string& key, double least, double most) const {
    const std::string& value = text(key);
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    if (*end != '\0' || !(number >= least && number <= most)) {
      throw std::invalid_argument("--" + key + " " + value + ": expected " + std::to_string(least) +
                                  " to " + std::to_string(most));
    }
    return number;
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace traffic
