// Path probes through a real router, over both families.
#include "link/path_probe.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "link/path_probe_fixture.hpp"

namespace millrace {

namespace {

void expect(const PathProbe& probe, PathProbeOutcome outcome, std::uint32_t mtu) {
  EXPECT_EQ(static_cast<int>(probe.outcome), static_cast<int>(outcome));
  EXPECT_EQ(probe.mtu, mtu);
}

using enum PathProbeOutcome;

TEST_P(PathProbeTest, ReachesTheFarEndWithThePathsMtu) {
  expect(probe(1500), kReached, 0);
  narrow("1400");
  expect(probe(1400), kReached, 0);
  expect(probe(1281), kReached, 0);
}

TEST_P(PathProbeTest, TellsTheMtuOfTheRouterThatRefusesIt) {
  narrow("1400");
  expect(probe(1401), kTooBig, 1400);
  expect(probe(1500), kTooBig, 1400);
}

TEST_P(PathProbeTest, TellsTheMtuOfItsOwnLink) {
  expect(probe(1501), kTooBig, 1500);
  expect(probe(65535), kTooBig, 1500);
}

TEST_P(PathProbeTest, AsksThePathAndNotWhatTheKernelHasLearned) {
  narrow("1400");
  expect(probe(1500), kTooBig, 1400);
  narrow("1500");
  expect(probe(1500), kReached, 0);
}

TEST_P(PathProbeTest, IsSilentWhereARouterDropsAndTellsNobody) {
  narrow("1400");
  suppress_errors();
  const auto start = std::chrono::steady_clock::now();
  expect(probe(1401), kSilent, 0);
  EXPECT_GE(std::chrono::steady_clock::now() - start, kTimeout);
  expect(probe(1400), kReached, 0);
}

TEST_P(PathProbeTest, IsSilentWhereALinkDropsWhatIsTooLong) {
  must(*far_, "ip link set eth0 mtu 1400");  // a veth takes 4 bytes more, for a VLAN tag
  expect(probe(1500), kSilent, 0);
  expect(probe(1400), kReached, 0);
}

TEST_P(PathProbeTest, IsSilentWhereNobodyAnswers) {
  expect(probe_to(ip6() ? "fd00:9:2::99" : "10.9.2.99", 1280), kSilent, 0);
}

TEST_P(PathProbeTest, IsSilentWhereThereIsNoRoute) {
  must(*near_, std::string("ip ") + (ip6() ? "-6" : "-4") + " route del default");
  expect(probe(1280), kSilent, 0);
}

TEST_P(PathProbeTest, NamesASourceThatIsNotOurs) {
  in_netns(near_->path(), [&] {
    try {
      probe_path({far_address(), far_address(), 1280, kTimeout});
      FAIL() << "probed from a foreign address";
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), EADDRNOTAVAIL);
      EXPECT_NE(std::string(error.what()).find(far_address()), std::string::npos) << error.what();
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Families, PathProbeTest, ::testing::Values(4, 6),
                         [](const auto& family) { return "Ip" + std::to_string(family.param); });

TEST(PathProbeRequestTest, IsRefusedInWordsWhenItMakesNoSense) {
  const auto refusal = [](const PathProbeRequest& request) -> std::string {
    try {
      probe_path(request);
      return "";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  constexpr std::chrono::milliseconds kNone{0};
  EXPECT_NE(refusal({"nowhere", "10.0.0.1", 1280, kNone}).find("source nowhere"),
            std::string::npos);
  EXPECT_NE(refusal({"10.0.0.1", "fe80::1%1", 1280, kNone}).find("destination fe80::1%1"),
            std::string::npos);
  EXPECT_NE(refusal({"10.0.0.1", "fd00::1", 1280, kNone}).find("one family"), std::string::npos);
  EXPECT_NE(refusal({"10.0.0.1", "10.0.0.2", 67, kNone}).find("68 to 65535"), std::string::npos);
}

}  // namespace

}  // namespace millrace
