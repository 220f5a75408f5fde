// What JavaScript sees: src/dataplane/native.ts is the contract. Only native/addon knows N-API.
#include "addon/convert.hpp"
#include "addon/exports.hpp"
#include "engine/counters.hpp"

namespace millrace::addon {
namespace {

Napi::Object CounterLayout(Napi::Env env) {
  Napi::Object layout = Napi::Object::New(env);
  layout.Set("slots", kCounterSlots);
  layout.Set("maxPorts", kMaxPorts);
  layout.Set("maxWorkers", kMaxWorkers);
  layout.Set("firstDrop", static_cast<std::uint32_t>(kFirstDrop));
  layout.Set("port", texts(env, kPortCounterNames));
  layout.Set("worker", texts(env, kWorkerCounterNames));
  layout.Set("dropReasons", texts(env, kDropReasonNames));
  return layout;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("counterLayout", CounterLayout(env));
  export_links(exports);
  export_sriov(exports);
  export_dataplane(env, exports);
  return exports;
}

NODE_API_MODULE(millrace, Init)

}  // namespace
}  // namespace millrace::addon
