// The class Dataplane: NativeDataplane of src/dataplane/native.ts.
#include <memory>

#include "addon/answers.hpp"
#include "addon/exports.hpp"
#include "addon/requests.hpp"
#include "addon/task.hpp"

namespace millrace::addon {

namespace {

class DataplaneObject : public Napi::ObjectWrap<DataplaneObject> {
 public:
  static void Init(Napi::Env env, Napi::Object exports) {
    using This = DataplaneObject;
    exports.Set("Dataplane",
                DefineClass(env, "Dataplane",
                            {
                                InstanceMethod<&This::Start>("start"),
                                InstanceMethod<&This::Stop>("stop"),
                                InstanceMethod<&This::OnEvent>("onEvent"),
                                InstanceMethod<&This::DescribeWorkers>("describeWorkers"),
                                InstanceMethod<&This::AddNetwork>("addNetwork"),
                                InstanceMethod<&This::RemoveNetwork>("removeNetwork"),
                                InstanceMethod<&This::AddPort>("addPort"),
                                InstanceMethod<&This::RemovePort>("removePort"),
                                InstanceMethod<&This::MovePort>("movePort"),
                                InstanceMethod<&This::SyncQueues>("syncQueues"),
                                InstanceMethod<&This::SetPrefixes>("setPrefixes"),
                                InstanceMethod<&This::PortStatistics>("portStatistics"),
                                InstanceMethod<&This::PortTransmit>("portTransmit"),
                                InstanceMethod<&This::CountFlows>("countFlows"),
                                InstanceMethod<&This::FlowLaneMissing>("flowLaneMissing"),
                                InstanceMethod<&This::ApplyRoutes>("applyRoutes"),
                                InstanceMethod<&This::ListRoutes>("listRoutes"),
                                InstanceMethod<&This::ApplyNeighbours>("applyNeighbours"),
                                InstanceMethod<&This::ListNeighbours>("listNeighbours"),
                                InstanceMethod<&This::ApplyFdb>("applyFdb"),
                                InstanceMethod<&This::ListFdb>("listFdb"),
                                InstanceMethod<&This::ApplyHosts>("applyHosts"),
                                InstanceMethod<&This::AddVtep>("addVtep"),
                                InstanceMethod<&This::RemoveVtep>("removeVtep"),
                                InstanceMethod<&This::ApplyPeers>("applyPeers"),
                                InstanceMethod<&This::ListPeers>("listPeers"),
                                InstanceMethod<&This::AddVni>("addVni"),
                                InstanceMethod<&This::RemoveVni>("removeVni"),
                                InstanceMethod<&This::SetFlood>("setFlood"),
                                InstanceMethod<&This::SetMirror>("setMirror"),
                                InstanceMethod<&This::MirrorStatus>("mirrorStatus"),
                                InstanceMethod<&This::Trace>("trace"),
                            }));
  }

  explicit DataplaneObject(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<DataplaneObject>(info) {
    const auto object = info[0].As<Napi::Object>();
    const auto workers = list<WorkerOptions>(object, "workers", parse_worker);
    auto counters = object.Get("counters").As<Napi::BigUint64Array>();
    if (counters.ElementLength() <
        std::size_t{kCounterSlots} * (kMaxWorkers + (workers.size() + 1) * kMaxPorts))
      throw Napi::TypeError::New(info.Env(), "counters is smaller than counterLayout asks for");
    counters_ = Napi::Persistent(counters.As<Napi::Object>());
    auto* blocks = reinterpret_cast<CounterBlock*>(counters.Data());
    const bool with_lane = object.Get("flowLane").ToBoolean();
    dataplane_ = guarded(info.Env(),
                         [&] { return std::make_shared<Dataplane>(blocks, workers, with_lane); });
  }

 private:
  // Every task holds the dataplane, so that garbage collection cannot take it from under one.
  template <class Work>
  Napi::Value run(Napi::Env env, Work work) {
    return Task::run(env,
                     [dataplane = dataplane_, work = std::move(work)] { return work(*dataplane); });
  }
  // Work whose result is shown by to_js().
  template <class Work>
  Napi::Value answer(Napi::Env env, Work work) {
    return run(env, [work = std::move(work)](Dataplane& dataplane) -> ToJs {
      return [result = work(dataplane)](Napi::Env inner) -> Napi::Value {
        return to_js(inner, result);
      };
    });
  }
  template <class Work>
  Napi::Value answer_all(Napi::Env env, Work work) {
    return run(env, [work = std::move(work)](Dataplane& dataplane) -> ToJs {
      return [results = work(dataplane)](Napi::Env inner) -> Napi::Value {
        return array(inner, results, [&](const auto& result) { return to_js(inner, result); });
      };
    });
  }
  template <class Work>
  Napi::Value perform(Napi::Env env, Work work) {
    return run(env, [work = std::move(work)](Dataplane& dataplane) {
      work(dataplane);
      return undefined();
    });
  }
  template <class Item, class Parse>
  static std::vector<Item> changes(const Napi::CallbackInfo& info, Parse parse) {
    return guarded(info.Env(), [&] { return list<Item>(info[1], parse); });
  }

  void Start(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] { dataplane_->start(); });
  }

  Napi::Value Stop(const Napi::CallbackInfo& info) {
    return perform(info.Env(), [events = std::exchange(events_, {})](Dataplane& dataplane) {
      dataplane.stop();
      if (events) Napi::ThreadSafeFunction(events).Release();
    });
  }

  // Events come from threads of the dataplane; JavaScript is not kept alive by waiting for one.
  void OnEvent(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    events_ = Napi::ThreadSafeFunction::New(env, info[0].As<Napi::Function>(), "dataplane", 0, 1);
    events_.Unref(env);
    dataplane_->on_event([events = events_](const DataplaneEvent& event) mutable {
      (void)events.NonBlockingCall([event](Napi::Env inner, Napi::Function listener) {
        listener.Call({to_js(inner, event)});
      });
    });
  }

  Napi::Value DescribeWorkers(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return array(env, dataplane_->workers(), [&](const auto& worker) {
      Napi::Object result = Napi::Object::New(env);
      result.Set("cpu", worker->options.cpu);
      result.Set("umemBytes",
                 static_cast<double>(worker->options.frames) * worker->options.frame_size);
      result.Set("hugepages", boolean(env, worker->umem.hugepages()));
      return result;
    });
  }

  // A promise of the number that work(dataplane) returns.
  template <class Work>
  Napi::Value number_of(Napi::Env env, Work work) {
    return run(env, [work](Dataplane& dataplane) -> ToJs {
      return [made = work(dataplane)](Napi::Env inner) { return Napi::Number::New(inner, made); };
    });
  }

  Napi::Value AddNetwork(const Napi::CallbackInfo& info) {
    const auto request =
        guarded(info.Env(), [&] { return parse_network(info[0].As<Napi::Object>()); });
    return number_of(info.Env(),
                     [request](Dataplane& dataplane) { return dataplane.add_network(request); });
  }

  Napi::Value RemoveNetwork(const Napi::CallbackInfo& info) {
    return perform(info.Env(), [id = as_number(info[0])](Dataplane& dataplane) {
      dataplane.remove_network(id);
    });
  }

  Napi::Value AddPort(const Napi::CallbackInfo& info) {
    const auto request =
        guarded(info.Env(), [&] { return parse_port(info[0].As<Napi::Object>()); });
    return answer(info.Env(),
                  [request](Dataplane& dataplane) { return dataplane.add_port(request); });
  }

  Napi::Value RemovePort(const Napi::CallbackInfo& info) {
    return perform(info.Env(), [port = as_port(info[0])](Dataplane& dataplane) {
      dataplane.remove_port(port);
    });
  }

  Napi::Value MovePort(const Napi::CallbackInfo& info) {
    return answer(info.Env(), [port = as_port(info[0]), queue = as_number(info[1]),
                               worker = as_number(info[2])](Dataplane& dataplane) {
      return dataplane.move_port(port, queue, worker);
    });
  }

  Napi::Value SyncQueues(const Napi::CallbackInfo& info) {
    return answer(info.Env(),
                  [port = as_port(info[0]), workers = list<std::uint32_t>(info[1], as_number)](
                      Dataplane& dataplane) { return dataplane.sync_queues(port, workers); });
  }

  Napi::Value SetPrefixes(const Napi::CallbackInfo& info) {
    const auto prefixes = changes<Prefix>(
        info, [](const Napi::Value& value) { return parse_prefix(as_text(value)); });
    return perform(info.Env(), [port = as_port(info[0]), prefixes](Dataplane& dataplane) {
      dataplane.set_prefixes(port, prefixes);
    });
  }

  Napi::Value PortStatistics(const Napi::CallbackInfo& info) {
    return to_js(info.Env(), dataplane_->statistics(as_port(info[0])));
  }

  Napi::Value PortTransmit(const Napi::CallbackInfo& info) {
    return to_js(info.Env(), dataplane_->transmit(as_port(info[0])));
  }

  Napi::Value FlowLaneMissing(const Napi::CallbackInfo& info) {
    return Napi::String::New(info.Env(), dataplane_->lane_missing());
  }

  Napi::Value CountFlows(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), dataplane_->count_flows());
  }

  Napi::Value ApplyRoutes(const Napi::CallbackInfo& info) {
    const auto parsed = changes<RouteChange>(info, parse_route_change);
    return perform(info.Env(), [id = as_number(info[0]), parsed](Dataplane& dataplane) {
      dataplane.routing().apply(id, parsed);
    });
  }

  Napi::Value ListRoutes(const Napi::CallbackInfo& info) {
    const auto query =
        guarded(info.Env(), [&] { return parse_route_query(info[1].As<Napi::Object>()); });
    return answer(info.Env(), [id = as_number(info[0]), query](Dataplane& dataplane) {
      return dataplane.routing().list(id, query);
    });
  }

  Napi::Value ApplyNeighbours(const Napi::CallbackInfo& info) {
    const auto parsed = changes<NeighbourChange>(info, parse_neighbour_change);
    return perform(info.Env(), [id = as_number(info[0]), parsed](Dataplane& dataplane) {
      dataplane.routing().apply_neighbours(id, parsed);
    });
  }

  Napi::Value ListNeighbours(const Napi::CallbackInfo& info) {
    return answer_all(info.Env(), [id = as_number(info[0])](Dataplane& dataplane) {
      return dataplane.routing().list_neighbours(id);
    });
  }

  Napi::Value ApplyFdb(const Napi::CallbackInfo& info) {
    const auto parsed = changes<FdbChange>(info, parse_fdb_change);
    return perform(info.Env(), [id = as_number(info[0]), parsed](Dataplane& dataplane) {
      dataplane.apply_fdb(id, parsed);
    });
  }

  Napi::Value ListFdb(const Napi::CallbackInfo& info) {
    return answer_all(info.Env(), [id = as_number(info[0])](Dataplane& dataplane) {
      return dataplane.list_fdb(id);
    });
  }

  Napi::Value ApplyHosts(const Napi::CallbackInfo& info) {
    const auto parsed = changes<HostChange>(info, parse_host_change);
    return perform(info.Env(), [id = as_number(info[0]), parsed](Dataplane& dataplane) {
      dataplane.apply_hosts(id, parsed);
    });
  }

  Napi::Value AddVtep(const Napi::CallbackInfo& info) {
    const auto request =
        guarded(info.Env(), [&] { return parse_vtep(info[0].As<Napi::Object>()); });
    return answer(info.Env(),
                  [request](Dataplane& dataplane) { return dataplane.add_vtep(request); });
  }

  Napi::Value RemoveVtep(const Napi::CallbackInfo& info) {
    return perform(info.Env(),
                   [id = as_number(info[0])](Dataplane& dataplane) { dataplane.remove_vtep(id); });
  }

  Napi::Value ApplyPeers(const Napi::CallbackInfo& info) {
    const auto parsed = changes<PeerChange>(info, parse_peer_change);
    return perform(info.Env(), [id = as_number(info[0]), parsed](Dataplane& dataplane) {
      dataplane.apply_peers(id, parsed);
    });
  }

  Napi::Value ListPeers(const Napi::CallbackInfo& info) {
    return answer_all(info.Env(), [id = as_number(info[0])](Dataplane& dataplane) {
      return dataplane.list_peers(id);
    });
  }

  Napi::Value AddVni(const Napi::CallbackInfo& info) {
    const auto request = guarded(info.Env(), [&] { return parse_vni(info[1].As<Napi::Object>()); });
    return number_of(info.Env(), [id = as_number(info[0]), request](Dataplane& dataplane) {
      return dataplane.add_vni(id, request);
    });
  }

  Napi::Value RemoveVni(const Napi::CallbackInfo& info) {
    return perform(info.Env(),
                   [id = as_number(info[0])](Dataplane& dataplane) { dataplane.remove_vni(id); });
  }

  Napi::Value SetFlood(const Napi::CallbackInfo& info) {
    const auto peers = changes<IpAddress>(
        info, [](const Napi::Value& value) { return parse_address(as_text(value)); });
    return perform(info.Env(), [id = as_number(info[0]), peers](Dataplane& dataplane) {
      dataplane.set_flood(id, peers);
    });
  }

  Napi::Value SetMirror(const Napi::CallbackInfo& info) {
    return perform(info.Env(), [id = as_number(info[0]), table = as_number(info[1])](
                                   Dataplane& dataplane) { dataplane.set_mirror(id, table); });
  }

  Napi::Value MirrorStatus(const Napi::CallbackInfo& info) {
    return to_js(info.Env(), dataplane_->mirror_status());
  }

  Napi::Value Trace(const Napi::CallbackInfo& info) {
    const auto request =
        guarded(info.Env(), [&] { return parse_trace(info[0].As<Napi::Object>()); });
    return answer(info.Env(), [request](Dataplane& dataplane) { return dataplane.trace(request); });
  }

  Napi::ObjectReference
      counters_;  // declared first: the dataplane's threads write there to the end
  std::shared_ptr<Dataplane> dataplane_;
  Napi::ThreadSafeFunction events_;
};

}  // namespace

void export_dataplane(Napi::Env env, Napi::Object exports) {
  DataplaneObject::Init(env, exports);
}

}  // namespace millrace::addon
