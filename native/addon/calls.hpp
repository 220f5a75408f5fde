#pragma once
// Forms that calls have in common. Runner: Task, or WaitingTask for what mostly waits.
#include "addon/task.hpp"

namespace millrace::addon {

// A call without an answer.
template <class Runner>
Napi::Value done(Napi::Env env, std::function<void()> work) {
  return Runner::run(env, [work = std::move(work)] {
    work();
    return undefined();
  });
}

// A call that answers with a list. read: its entries; convert: Napi::Value (Napi::Env, entry).
template <class Runner, class Read, class Convert>
Napi::Value list_of(Napi::Env env, Read read, Convert convert) {
  return Runner::run(env, [read, convert]() -> ToJs {
    return [entries = read(), convert](Napi::Env inner) {
      return array(inner, entries, [&](const auto& entry) { return convert(inner, entry); });
    };
  });
}

template <Napi::Value (*Function)(const Napi::CallbackInfo&)>
void export_function(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<Function>(exports.Env(), name));
}

}  // namespace millrace::addon
