#pragma once
// Between JavaScript values and C++ ones. JavaScript has validated what arrives here; a wrong type
// is a bug and throws.
#include <napi.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace::addon {

using ToJs = std::function<Napi::Value(Napi::Env)>;

// ---- JavaScript to C++ ----

inline std::string as_text(const Napi::Value& value) {
  return value.As<Napi::String>().Utf8Value();
}
inline std::uint32_t as_number(const Napi::Value& value) {
  return value.As<Napi::Number>().Uint32Value();
}
inline std::uint16_t as_port(const Napi::Value& value) {
  return static_cast<std::uint16_t>(as_number(value));
}
inline std::string text(const Napi::Object& object, const char* key) {
  return as_text(object.Get(key));
}
inline std::uint32_t number(const Napi::Object& object, const char* key) {
  return as_number(object.Get(key));
}
inline bool flag(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::Boolean>().Value();
}

template <class Item, class Convert>
std::vector<Item> list(const Napi::Value& value, Convert convert) {
  const auto array = value.As<Napi::Array>();
  std::vector<Item> items;
  items.reserve(array.Length());
  for (std::uint32_t i = 0; i < array.Length(); ++i) items.push_back(convert(array.Get(i)));
  return items;
}
template <class Item, class Convert>
std::vector<Item> list(const Napi::Object& object, const char* key, Convert convert) {
  return list<Item>(object.Get(key), convert);
}

// "" is none.
template <class Parse>
auto optional(const std::string& value, Parse parse) -> std::optional<decltype(parse(value))> {
  if (value.empty()) return std::nullopt;
  return parse(value);
}

// ---- C++ to JavaScript ----

template <class Items, class Convert>
Napi::Array array(Napi::Env env, const Items& items, Convert convert) {
  Napi::Array result = Napi::Array::New(env, items.size());
  std::uint32_t i = 0;
  for (const auto& item : items) result.Set(i++, convert(item));
  return result;
}

inline Napi::Array texts(Napi::Env env, const auto& items) {
  return array(env, items,
               [&](const auto& item) { return Napi::String::New(env, item.data(), item.size()); });
}

inline Napi::Value boolean(Napi::Env env, bool value) {
  return Napi::Boolean::New(env, value);
}

}  // namespace millrace::addon
