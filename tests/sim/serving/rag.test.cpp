// Passages that are looked up before the model is asked: what that takes, who waits for it, and what a prompt then
// holds.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/facts.hpp"
#include "sim/execution/prompts.hpp"
#include "sim/serving/retriever.hpp"
#include "sim/swarm/device.hpp"
#include "tests/sim/execution/embedded.hpp"
#include "tests/sim/serving/scenarios.hpp"
#include "tests/sim/written_file.hpp"

namespace orrery::sim::serving {
namespace {

using ::testing::HasSubstr;
using tests::column_of;
using tests::metrics_of;
using tests::scenario;

// One server with all of llama-2-7b; the question is forty tokens long.
std::string one_server(const std::string& workload, const std::string& retrieval) {
  return R"(
[model]
name = "llama-2-7b"
[swarm]
node = [{ device = "rtx-4090", count = 1, blocks = 32 }]
[network]
kind = "uniform"
rtt_ms = 80
bandwidth_mbit = 100
client_bandwidth_mbit = 100
jitter = 0
nat_share = 0
message_overhead_bytes = 0
[sharding]
policy = "even"
[serving]
prefill_chunk = 2000
max_batch_tokens = 2000
[workload]
output_tokens = 5
clients = 1
)" + workload +
         retrieval;
}

double lookup_s(const std::string& device, std::int64_t corpus, double vector_bytes, double question) {
  const swarm::DeviceClass& d = swarm::device(swarm::device_named(device, "test"));
  const double compute = d.fp16.value() * d.compute_efficiency;
  const double bandwidth = d.memory_bandwidth.value() * d.bandwidth_efficiency;
  const double encode =
      std::max((2.0 * 84934656 * question + 12 * 4 * 768 * question * question) / compute, 2.0 * 85054464 / bandwidth);
  return encode + static_cast<double>(corpus) * 768 * vector_bytes / bandwidth;
}

TEST(Rag, TheFirstTokenWaitsForThePassages) {
  if (tests::ranks().rank() > 0) return;
  const RunResult rag =
      run(scenario(one_server("kind = \"rag\"\nrequests = 1\nprompt_tokens = 40\n", "[retrieval]\n")), Context());
  const RunResult plain = run(scenario(one_server("requests = 1\nprompt_tokens = 690\n", "")), Context());
  EXPECT_EQ(column_of(rag.requests, "prompt_tokens")[0], 5 * 130 + 40);
  // A round trip with the question's 40 tokens there and the passages' 650 back, four bytes each and 32 of framing,
  // over an up and a down link each.
  const double way = 0.080 + 2 * (32 + 4 * 40 + 32 + 4 * 650) * 8 / 100e6;
  const double lookup = way + lookup_s("a100-80", 21015324, 4, 40);
  EXPECT_NEAR(metrics_of(rag).at("lookup_p50"), lookup, 1e-6);
  EXPECT_NEAR(column_of(rag.requests, "ttft")[0] - column_of(plain.requests, "ttft")[0], lookup, 1e-6);
  EXPECT_NEAR(metrics_of(rag).at("lookup_share_of_ttft"), lookup / column_of(rag.requests, "ttft")[0], 1e-6);
}

TEST(Rag, QuestionsQueueAtTheServerAndNotWithTheirClients) {
  if (tests::ranks().rank() > 0) return;
  const std::string four = "kind = \"rag\"\narrival = \"closed\"\nrequests = 4\nprompt_tokens = 40\n";
  const auto ask = [&](const std::string& retrieval) {
    std::string text = one_server(four, retrieval);
    text.replace(text.find("clients = 1\n"), 12, "clients = 4\n");
    return metrics_of(run(scenario(text), Context()));
  };
  // All at once: the last has waited for the three before it.
  const auto server = ask("[retrieval]\nindex = \"bm25\"\nsearch_ms = 500\n");
  EXPECT_NEAR(server.at("lookup_p99") - server.at("lookup_p50"), 1.0, 0.01);
  EXPECT_NEAR(server.at("retriever_utilisation") * server.at("duration"), 2.0, 1e-6);
  const auto client = ask("[retrieval]\nplace = \"client\"\nindex = \"bm25\"\nsearch_ms = 500\n");
  EXPECT_NEAR(client.at("lookup_p50"), 0.5, 1e-6);
  EXPECT_NEAR(client.at("lookup_p99"), 0.5, 1e-6);
  EXPECT_TRUE(std::isnan(client.at("retriever_utilisation")));
}

TEST(Rag, PromptsHoldThePassageThatTheQuestionIsFrom) {
  if (tests::ranks().rank() > 0) return;
  const auto model = tests::embedded_model();
  const std::string text(data::fact("model/heldout.txt"));
  workload::WorkloadParams w;
  w.kind = "rag";
  w.passages = 3, w.passage_tokens = 40;
  const execution::Prompts prompts(*model->tokenizer(), text, "heldout", 512, 9, w);
  const std::vector<int> corpus = model->tokenizer()->encode(text);
  int found = 0;
  for (std::uint32_t r = 0; r < 50; ++r) {
    const std::vector<int> tokens = prompts.tokens(RequestId(r), 3 * 40 + 20);
    const std::span<const int> question = std::span(tokens).subspan(120);
    const std::vector<int> numbers = prompts.passages(question);
    ASSERT_EQ(numbers.size(), 3u);
    for (std::size_t k = 0; k < 3; ++k) {
      const auto begin = corpus.begin() + std::ptrdiff_t{40} * numbers[k];
      EXPECT_TRUE(std::equal(begin, begin + 40, tokens.begin() + static_cast<std::ptrdiff_t>(40 * k)));
    }
    // Twenty tokens lie in one passage or across two.
    const auto at = std::search(corpus.begin(), corpus.end(), question.begin(), question.end()) - corpus.begin();
    found += std::find(numbers.begin(), numbers.end(), at / 40) != numbers.end() ||
             std::find(numbers.begin(), numbers.end(), (at + 19) / 40) != numbers.end();
  }
  EXPECT_GE(found, 45) << "of 50 questions";
}

// On ranks: passages are really looked up and read.
TEST(Rag, TextsAreTheSameOnAnyRanks) {
  const std::string text = tests::churn("real",
                                        "[retrieval]\nindex = \"bm25\"\nsearch_ms = 2\npassages = 2\n"
                                        "passage_tokens = 30\n");
  std::string rag = text;
  rag.replace(rag.find("[workload]\n"), 11, "[workload]\nkind = \"rag\"\n");
  const RunResult result = run(scenario(rag), tests::ranks());
  if (tests::ranks().rank() > 0) return;
  EXPECT_EQ(result.texts, run(scenario(rag), Context()).texts);
  const auto setup = [] {
    execution::WorkerSetup s = tests::embedded_setup(11, kernels::WireFormat::fp32);
    workload::WorkloadParams w;
    w.passages = 2, w.passage_tokens = 30;
    s.prompts = std::make_shared<const execution::Prompts>(
        *s.model->tokenizer(), std::string(data::fact("model/heldout.txt")), "heldout", 128, 11, w);
    return s;
  }();
  EXPECT_EQ(result.texts.at(0), tests::single_process_text(setup, RequestId(0), 24 + 60, 20));
}

TEST(Rag, BadInput) {
  const auto said = [](const std::string& toml) { return complaint([&] { scenario(toml); }); };
  EXPECT_THAT(said("[retrieval]\npassages = 3\n"), HasSubstr("section 'retrieval' has no effect"));
  const std::string rag = "[workload]\nkind = \"rag\"\n";
  EXPECT_THAT(said(rag + "[retrieval]\nplace = \"client\"\n"), HasSubstr("index and encoder do not fit into cpu-8"));
  EXPECT_THAT(said(rag + "[retrieval]\ndevice = \"t4\"\n"), HasSubstr("64778 MB of its 16000"));
  EXPECT_THAT(said(rag + "[model]\nname = \"embedded\"\n[execution]\nmode = \"real\"\n"),
              HasSubstr("Set index = \"bm25\""));
  EXPECT_THAT(said(rag + "[model]\nname = \"embedded\"\n[execution]\nmode = \"live\"\n"),
              HasSubstr("no rank plays the server"));
}

}  // namespace
}  // namespace orrery::sim::serving
