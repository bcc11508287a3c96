#include "kernels/bm25.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

using Words = std::vector<std::string>;

TEST(Bm25, TermsAreRunsOfLettersAndDigits) {
  EXPECT_EQ(terms("The M2-wing's  FLOW,\n3.5 /flow/"), (Words{"the", "m2", "wing", "s", "flow", "3", "5", "flow"}));
  EXPECT_EQ(terms(" .-\t"), Words{});
  EXPECT_EQ(terms("a\xC3\xA9z"), (Words{"a", "z"}));  // bytes beyond ASCII part terms
}

TEST(Bm25, ScoresAreThoseWorkedOutByHand) {
  const std::string_view texts[] = {"wing flow", "flow flow heat", "heat"};
  const Bm25 index(texts);
  EXPECT_EQ(index.texts(), 3);
  EXPECT_EQ(index.distinct_terms(), 3U);
  // Mean length 2. Text 1: f = 2, length 3, k1 (1 - b + b 3/2) = 1.65, so idf 2 * 2.2 / 3.65; text 0: f = 1, length 2,
  // so idf * 2.2 / 2.2.
  const double idf = std::log(1 + 1.5 / 2.5);
  const std::vector<Hit> hits = index.search("Flow!", 5);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].index, 1);
  EXPECT_NEAR(hits[0].score, idf * 4.4 / 3.65, 1e-7);
  EXPECT_EQ(hits[1].index, 0);
  EXPECT_NEAR(hits[1].score, idf, 1e-7);
  EXPECT_NEAR(index.search("flow flow", 1)[0].score, 2 * idf * 4.4 / 3.65, 2e-7)
      << "a term counts as often as it stands";
  EXPECT_TRUE(index.search("nothing of that", 5).empty());
  EXPECT_TRUE(index.search("", 5).empty());
}

TEST(Bm25, EqualsTheTwinBitForBit) {
  Numbers numbers(1);
  for (const Bm25Weights& weights : {Bm25Weights{}, {0.0, 0.75}, {2.0, 0.0}, {0.5, 1.0}}) {
    std::vector<std::string> made;
    for (int d = 0; d < 60; ++d) {
      std::string text;
      for (int w = numbers.integer(0, 40); w > 0; --w)
        text += "w" + std::to_string(static_cast<int>(std::pow(numbers.unit(), 3) * 50)) + " ";
      made.push_back(text);
    }
    const std::vector<std::string_view> texts(made.begin(), made.end());
    const Bm25 index(texts, weights);
    for (const char* query : {"w0", "w1 w7 w30", "w49 w49 none w2", "w3 w3 w3", "absent"}) {
      const std::vector<float> scores = ref::bm25(texts, query, weights);
      std::vector<Hit> want;
      for (int d = 0; d < 60; ++d)
        if (scores[static_cast<std::size_t>(d)] > 0.0F) want.push_back({d, scores[static_cast<std::size_t>(d)]});
      std::sort(want.begin(), want.end(), before);
      EXPECT_EQ(index.search(query, 60), want) << query;
      if (want.size() > 4) want.resize(4);
      EXPECT_EQ(index.search(query, 4), want) << query;
    }
  }
}

TEST(Bm25, TextsWithoutTermsAreFineAndNoTextsAreNot) {
  const std::string_view empty[] = {"", "..."};
  EXPECT_TRUE(Bm25(empty).search("a", 1).empty());
  EXPECT_THROW(Bm25({}), ContractError);
  EXPECT_THROW(Bm25(empty, {-1.0, 0.5}), ContractError);
  EXPECT_THROW(Bm25(empty, {1.0, 1.5}), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
