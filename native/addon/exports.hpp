#pragma once
// The parts of the addon.
#include <napi.h>

namespace millrace::addon {

void export_links(Napi::Env env, Napi::Object exports);
void export_bridge(Napi::Env env, Napi::Object exports);
void export_sriov(Napi::Env env, Napi::Object exports);
void export_dataplane(Napi::Env env, Napi::Object exports);

}  // namespace millrace::addon
