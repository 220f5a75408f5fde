#pragma once
// The parts of the addon.
#include <napi.h>

namespace millrace::addon {

void export_links(Napi::Object exports);
void export_bridge(Napi::Object exports);
void export_sriov(Napi::Object exports);
void export_dataplane(Napi::Env env, Napi::Object exports);

}  // namespace millrace::addon
