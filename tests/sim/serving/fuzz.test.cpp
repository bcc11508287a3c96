// Whatever is in a scenario, a session trace or a request trace: it is read, or it is an InputError. Mutants of good
// files, a fixed number with fixed seeds.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/random.hpp"
#include "sim/serving/scenario.hpp"
#include "sim/swarm/trace.hpp"
#include "sim/workload/trace.hpp"
#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

// A few edits: a byte changed, a piece removed, doubled or moved, a number blown up.
std::string mutate(std::string text, Draw& draw) {
  const auto anywhere = [&] { return static_cast<std::size_t>(draw.below(text.size() + 1)); };
  for (std::uint64_t edits = 1 + draw.below(4); edits > 0 && !text.empty(); --edits) {
    const std::size_t at = std::min(anywhere(), text.size() - 1);
    const std::size_t length = std::min<std::size_t>(1 + draw.below(12), text.size() - at);
    switch (draw.below(6)) {
      case 0:
        text[at] = static_cast<char>(draw.below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(anywhere(), text.substr(at, length));
        break;
      case 3:
        text.insert(at, draw.below(2) ? "-" : "99999999999999999999");
        break;
      case 4:
        text.insert(at, draw.below(2) ? "nan" : "\n");
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

struct Count {
  int read = 0;
  int refused = 0;
};

template <class Read>
Count feed(const std::string& good, int mutants, Read&& read) {
  Count count;
  Draw draw(2026, Stream::test, 1);
  for (int i = 0; i < mutants; ++i) {
    const std::string text = mutate(good, draw);
    try {
      read(text);
      ++count.read;
    } catch (const InputError&) {
      ++count.refused;
    }  // anything else fails the test
  }
  return count;
}

// A file of this process alone: under a split communicator there are two ranks 0.
class Scratch {
 public:
  Scratch() : path_(std::filesystem::temp_directory_path() / ("orrery-fuzz-" + std::to_string(::getpid()))) {}
  ~Scratch() { std::filesystem::remove(path_); }
  std::string with(const std::string& text) const {
    std::ofstream(path_, std::ios::binary) << text;
    return path_.string();
  }

 private:
  std::filesystem::path path_;
};

TEST(Fuzz, Scenarios) {
  if (tests::ranks().rank() > 0) return;
  const Count count = feed(tests::churn("model"), 3000, [](const std::string& text) { tests::scenario(text); });
  EXPECT_GT(count.read, 20);
  EXPECT_GT(count.refused, 1000);
}

TEST(Fuzz, SessionTraces) {
  if (tests::ranks().rank() > 0) return;
  const Scratch scratch;
  std::string good = "node,start_s,end_s\n";
  for (int i = 0; i < 12; ++i)
    good += std::to_string(i % 4) + "," + std::to_string(i * 100) + "," + std::to_string(i * 100 + 90) + "\n";
  const Count count = feed(good, 2000, [&](const std::string& text) { swarm::read_session_trace(scratch.with(text)); });
  EXPECT_GT(count.read, 20);
  EXPECT_GT(count.refused, 200);
}

TEST(Fuzz, RequestTraces) {
  if (tests::ranks().rank() > 0) return;
  const Scratch scratch;
  for (const char* good : {"arrival_s,prompt_tokens,output_tokens\n0.5,10,20\n1.25,300,4\n7,1,1\n",
                           "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n"
                           "2023-11-16 18:15:50.9951690,396,109\n"}) {
    const Count count =
        feed(good, 1500, [&](const std::string& text) { workload::read_request_trace(scratch.with(text)); });
    EXPECT_GT(count.read, 20);
    EXPECT_GT(count.refused, 200);
  }
}

}  // namespace
}  // namespace orrery::sim::serving
