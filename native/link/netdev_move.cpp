#include <linux/if_link.h>
#include <net/if.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "engine/errors.hpp"
#include "link/netdev.hpp"
#include "link/netdev_change.hpp"
#include "link/netdev_link.hpp"
#include "link/netns.hpp"

namespace millrace {

namespace {

struct Place {
  explicit Place(const std::string& netns) : path(netns), fd(open_netns(netns)), socket(netns) {}
  std::string text() const { return path.empty() ? "our network namespace" : path; }

  std::string path;
  UniqueFd fd;
  NetdevSocket socket;
};

bool is_same(const Place& one, const Place& other) {
  struct stat a {};
  struct stat b {};
  if (::fstat(one.fd.get(), &a) != 0 || ::fstat(other.fd.get(), &b) != 0)
    throw_errno("network namespace " + other.path);
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

class Move {
 public:
  Move(Place& from, Place& to, const NetdevInfo& link, const std::string& name)
      : from_(from), to_(to), link_(link), name_(name) {}

  int run() {
    refuse_if_taken();
    old_name_was_free_ = !get_netdev_named(to_.socket, link_.name);
    try {
      free_alternative_names();
      send(from_, link_.ifindex, to_, name_, what());
    } catch (...) {
      undo();
      throw;
    }
    const auto moved = get_netdev_named(to_.socket, name_);
    if (!moved) throw_errno(what() + ": it is not there", ENODEV);
    return moved->info.ifindex;
  }

 private:
  std::string what() const {
    return "move interface " + link_.name + " to " + to_.text() + " as " + name_;
  }

  void refuse_if_taken() {
    const auto holder = get_netdev_named(to_.socket, name_);
    if (!holder) return;
    throw_errno(what() + ": interface " + holder->info.name + " with index " +
                    std::to_string(holder->info.ifindex) + " has that name there",
                EEXIST);
  }

  // The kernel moves a link only if all its names are free.
  void free_alternative_names() {
    for (const std::string& other : link_.alternative_names) {
      if (other != name_ && !get_netdev_named(to_.socket, other)) continue;
      remove_alternative_name(from_.socket, link_.ifindex, other);
      removed_.push_back(other);
    }
  }

  static void send(Place& from, int ifindex, const Place& to, const std::string& name,
                   const std::string& what) {
    NetdevMessage request(RTM_SETLINK, ifindex);
    request.put(IFLA_NET_NS_FD, static_cast<std::uint32_t>(to.fd.get()));
    request.put_text(IFLA_IFNAME, name);
    from.socket.ask(request, what);
  }

  // The kernel renames a link after the move when its old name is free there too: a new one that it
  // then refuses leaves the link there.
  void undo() {
    try {
      int ifindex = link_.ifindex;
      if (const auto strayed = get_strayed()) ifindex = fetch(strayed->info.ifindex);
      for (const std::string& other : removed_) add_alternative_name(from_.socket, ifindex, other);
    } catch (const std::system_error&) {  // the first failure is the one to know
    }
  }
  // Never another one that got the name meanwhile.
  std::optional<NetdevLink> get_strayed() {
    if (!old_name_was_free_ || has(from_, link_.ifindex)) return std::nullopt;
    auto found = get_netdev_named(to_.socket, link_.name);
    if (found && found->info.mac != link_.mac) found.reset();
    return found;
  }
  static bool has(Place& place, int ifindex) {
    try {
      (void)get_netdev(place.socket, ifindex);
      return true;
    } catch (const std::system_error& failure) {
      if (failure.code().value() == ENODEV) return false;
      throw;
    }
  }
  // Returns its ifindex back here.
  int fetch(int ifindex) {
    send(to_, ifindex, from_, link_.name, "move interface " + link_.name + " back");
    const auto back = get_netdev_named(from_.socket, link_.name);
    if (!back) throw_errno("interface " + link_.name, ENODEV);
    NetdevChanger(from_.socket, back->info.ifindex).set_up(link_.up);
    return back->info.ifindex;
  }

  Place& from_;
  Place& to_;
  const NetdevInfo link_;
  const std::string name_;
  bool old_name_was_free_ = false;
  std::vector<std::string> removed_;
};

}  // namespace

int move_netdev(const std::string& from, int ifindex, const std::string& to,
                const std::string& name) {
  Place source(from);
  Place target(to);
  const NetdevInfo link = get_netdev(source.socket, ifindex).info;
  if (!is_same(source, target)) return Move(source, target, link, name).run();
  NetdevChanger(source.socket, ifindex).rename(name);
  return ifindex;
}

}  // namespace millrace
