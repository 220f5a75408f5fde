#pragma once
// Calls from JavaScript: asynchronous ones on libuv's pool, synchronous ones guarded. Errors arrive
// there as Node's own system errors do, with `code` and `errno`.
#include <cstring>
#include <exception>
#include <stdexcept>
#include <system_error>

#include "addon/convert.hpp"

namespace millrace::addon {

// The message, plus `code` (EEXIST …) and `errno` as Node's own system errors have them.
inline Napi::Value to_js(Napi::Env env, const std::exception& failure) {
  Napi::Error error = Napi::Error::New(env, failure.what());
  if (const auto* system = dynamic_cast<const std::system_error*>(&failure)) {
    const int number = system->code().value();
    const char* name = ::strerrorname_np(number);
    error.Set("code", Napi::String::New(env, name == nullptr ? "EIO" : name));
    error.Set("errno", Napi::Number::New(env, -number));
  } else if (dynamic_cast<const std::invalid_argument*>(&failure) != nullptr) {
    error.Set("code", Napi::String::New(env, "EINVAL"));
  }
  return error.Value();
}

// Runs work on a thread of libuv's pool; what it returns makes the value of the promise.
class Task final : public Napi::AsyncWorker {
 public:
  static Napi::Value run(Napi::Env env, std::function<ToJs()> work) {
    auto* task = new Task(env, std::move(work));  // deletes itself after OnOK
    const Napi::Promise promise = task->deferred_.Promise();
    task->Queue();
    return promise;
  }

 protected:
  void Execute() override {
    try {
      result_ = work_();
    } catch (const std::system_error& failure) {
      result_ = [failure](Napi::Env env) { return to_js(env, failure); };
      failed_ = true;
    } catch (const std::invalid_argument& failure) {
      result_ = [failure](Napi::Env env) { return to_js(env, failure); };
      failed_ = true;
    } catch (const std::exception& failure) {
      result_ = [what = std::string(failure.what())](Napi::Env env) {
        return to_js(env, std::runtime_error(what));
      };
      failed_ = true;
    }
  }
  void OnOK() override {
    const Napi::HandleScope scope(Env());
    if (failed_)
      deferred_.Reject(result_(Env()));
    else
      deferred_.Resolve(result_(Env()));
  }

 private:
  Task(Napi::Env env, std::function<ToJs()> work)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        work_(std::move(work)) {}

  Napi::Promise::Deferred deferred_;
  std::function<ToJs()> work_;
  ToJs result_;
  bool failed_ = false;
};

inline ToJs undefined() {
  return [](Napi::Env env) { return env.Undefined(); };
}

// Synchronous calls: the same errors, thrown.
template <class Work>
auto guarded(Napi::Env env, Work work) {
  try {
    return work();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& failure) {
    throw Napi::Error(env, to_js(env, failure));
  }
}

}  // namespace millrace::addon
