#pragma once
// Calls from JavaScript that mostly wait, on a thread of their own: on libuv's pool, which has
// four, a few that nobody answers would hold up every file that Node reads.
#include <thread>

#include "addon/task.hpp"

namespace millrace::addon {

class WaitingTask {
 public:
  // The event loop lives until the promise is settled.
  static Napi::Value run(Napi::Env env, std::function<ToJs()> work) {
    auto* task = new WaitingTask(env, std::move(work));  // deleted when its thread has ended
    const Napi::Promise promise = task->deferred_.Promise();
    task->settle_ = Napi::ThreadSafeFunction::New(env, Napi::Function(), "waiting task", 0, 1,
                                                  [task](Napi::Env) { delete task; });
    task->start();
    return promise;
  }
  WaitingTask(const WaitingTask&) = delete;
  WaitingTask& operator=(const WaitingTask&) = delete;

 private:
  WaitingTask(Napi::Env env, std::function<ToJs()> work)
      : deferred_(Napi::Promise::Deferred::New(env)), work_(std::move(work)) {}
  ~WaitingTask() {
    if (thread_.joinable()) thread_.join();
  }

  void start() {
    try {
      thread_ = std::thread([this] { execute(); });
    } catch (const std::system_error& failure) {
      finish({[failure](Napi::Env env) { return to_js(env, failure); }, true});
    }
  }

  struct Result {
    ToJs value;
    bool failed;
  };
  Result work() const {
    try {
      return {work_(), false};
    } catch (const std::system_error& failure) {
      return {[failure](Napi::Env env) { return to_js(env, failure); }, true};
    } catch (const std::invalid_argument& failure) {
      return {[failure](Napi::Env env) { return to_js(env, failure); }, true};
    } catch (const std::exception& failure) {
      return {[what = std::string(failure.what())](Napi::Env env) {
                return to_js(env, std::runtime_error(what));
              },
              true};
    }
  }
  void execute() { finish(work()); }

  // Releasing may start the deletion on the JavaScript thread, which joins this one.
  void finish(Result result) {
    Napi::ThreadSafeFunction settle = settle_;
    const auto settle_here = [deferred = deferred_, result = std::move(result)](Napi::Env env,
                                                                                Napi::Function) {
      const Napi::HandleScope scope(env);
      result.failed ? deferred.Reject(result.value(env)) : deferred.Resolve(result.value(env));
    };
    // While the environment is being torn down the function is no longer ours to release.
    if (settle.NonBlockingCall(settle_here) == napi_ok) settle.Release();
  }

  Napi::Promise::Deferred deferred_;
  std::function<ToJs()> work_;
  Napi::ThreadSafeFunction settle_;
  std::thread thread_;
};

}  // namespace millrace::addon
