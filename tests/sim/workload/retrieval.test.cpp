#include "sim/workload/retrieval.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/written_file.hpp"

namespace orrery::sim::workload {
namespace {

// BERT-base by hand: 85,054,464 numbers in 12 blocks, 84,934,656 of them in matrices.
TEST(Retrieval, AnExactSearchReadsEveryVectorOnce) {
  RetrievalParams p;
  p.corpus = 1000;
  const RetrievalWork work = retrieval_work(p, 10);
  EXPECT_EQ(work.search.read.value(), 1000 * 768 * 4.0);
  EXPECT_EQ(work.search.flops.value(), 1000 * 768 * 2.0);
  EXPECT_EQ(work.encode.flops.value(), 2.0 * 84934656 * 10 + 12 * 4.0 * 768 * 10 * 10);
  EXPECT_EQ(work.encode.read.value(), 2.0 * 85054464);
  EXPECT_EQ(work.held.value(), 2.0 * 109482240 + 1000 * 768 * 4.0);
  p.vectors = "int8";
  EXPECT_EQ(retrieval_work(p, 10).search.read.value(), 1000 * 768.0);
}

TEST(Retrieval, ListsAreReadAsFarAsTheyAreProbed) {
  RetrievalParams p;
  p.index = "ivf";
  p.corpus = 8000, p.lists = 80, p.probes = 4;
  EXPECT_DOUBLE_EQ(retrieval_work(p, 1).search.read.value(), (80 + 4 * 100) * 768 * 4.0) << "a list holds a hundred";
  p.probes = p.lists;
  EXPECT_DOUBLE_EQ(retrieval_work(p, 1).search.read.value(), (80 + 8000) * 768 * 4.0) << "all lists are all vectors";
}

TEST(Retrieval, BadInput) {
  using ::testing::HasSubstr;
  const auto said = [](auto&& change) {
    RetrievalParams p;
    change(p);
    return complaint([&] { validate(p); });
  };
  EXPECT_THAT(said([](RetrievalParams& p) { p.encoder = "llama-2-7b"; }), HasSubstr("'llama-2-7b' is no encoder"));
  EXPECT_THAT(said([](RetrievalParams& p) { p.encoder = "bert-bas"; }), HasSubstr("'bert-base'"));
  EXPECT_THAT(said([](RetrievalParams& p) { p.probes = 7; }), HasSubstr("has no effect"));
  EXPECT_THAT(said([](RetrievalParams& p) { p.index = "ivf", p.lists = 4; }), HasSubstr("is 32, more than lists (4)"));
  EXPECT_THAT(said([](RetrievalParams& p) { p.index = "bm25"; }), HasSubstr("retrieval.search_ms"));
  EXPECT_THAT(said([](RetrievalParams& p) { p.place = "client", p.device = "t4"; }), HasSubstr("client_device"));
}

}  // namespace
}  // namespace orrery::sim::workload
