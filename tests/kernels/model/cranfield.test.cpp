// Retrieval on the Cranfield collection: 1,400 abstracts, 225 questions. The data pack is not part of the project:
// ORRERY_DATA says where it is.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "kernels/bm25.hpp"
#include "kernels/ivf.hpp"
#include "kernels/model/collection.hpp"
#include "tests/kernels/model/lsa.hpp"

namespace orrery::kernels::model {
namespace {

struct Quality {
  double map = 0.0, precision_10 = 0.0, recall_10 = 0.0, mrr = 0.0;
};

class Cranfield : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* pack = std::getenv("ORRERY_DATA");
    if (pack == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: the data pack with Cranfield is needed";
    const std::filesystem::path folder = std::filesystem::path(pack) / "text";
    documents_ = open_documents(folder / "cran.all.1400.gz");
    questions_ = open_documents(folder / "cran.qry.gz");
    relevant_.resize(questions_.size());
    for (const Judgement& j : open_judgements(folder / "cranqrel.gz"))
      relevant_.at(static_cast<std::size_t>(j.question - 1)).insert(j.document);
    for (const Document& d : documents_) texts_.push_back(d.text);
  }

  // Over all questions, every judgement counting as relevant, whatever its code.
  template <class Search>
  Quality quality(const Search& search) const {
    Quality sum;
    for (std::size_t q = 0; q < questions_.size(); ++q) {
      const std::vector<Hit> hits = search(q);
      const auto all = static_cast<double>(relevant_[q].size());
      double found = 0.0, precisions = 0.0, in_ten = 0.0, first = 0.0;
      for (std::size_t i = 0; i < hits.size() && hits[i].index >= 0; ++i) {
        if (!relevant_[q].contains(documents_[static_cast<std::size_t>(hits[i].index)].number)) continue;
        found += 1.0, precisions += found / static_cast<double>(i + 1);
        if (i < 10) in_ten += 1.0;
        if (first == 0.0) first = 1.0 / static_cast<double>(i + 1);
      }
      sum.map += precisions / all, sum.precision_10 += in_ten / 10, sum.recall_10 += in_ten / all, sum.mrr += first;
    }
    const auto n = static_cast<double>(questions_.size());
    return {sum.map / n, sum.precision_10 / n, sum.recall_10 / n, sum.mrr / n};
  }

  std::vector<Document> documents_, questions_;
  std::vector<std::set<int>> relevant_;  // by place of the question
  std::vector<std::string_view> texts_;
};

TEST_F(Cranfield, IsWholeAsTheReaderSeesIt) {
  EXPECT_EQ(documents_.size(), 1400U);
  EXPECT_EQ(questions_.size(), 225U);
  std::size_t judgements = 0;
  for (const auto& of_question : relevant_) judgements += of_question.size();
  EXPECT_EQ(judgements, 1837U);
  EXPECT_EQ(documents_[0].authors, "brenckman,m.\t\n");
}

// What the data pack states of BM25 with k1 = 1.2, b = 0.75, over the abstracts (which begin with their titles).
TEST_F(Cranfield, Bm25FindsWhatItIsKnownToFind) {
  const Bm25 index(texts_);
  const Quality q = quality([&](std::size_t at) { return index.search(questions_[at].text, 1400); });
  std::printf("BM25: MAP %.4f  P@10 %.4f  R@10 %.4f  MRR %.4f\n", q.map, q.precision_10, q.recall_10, q.mrr);
  EXPECT_NEAR(q.map, 0.385, 0.001);
  EXPECT_NEAR(q.precision_10, 0.287, 0.001);
  EXPECT_NEAR(q.recall_10, 0.419, 0.001);
  EXPECT_NEAR(q.mrr, 0.784, 0.001);
}

TEST_F(Cranfield, VectorsFindMoreThanWordsAndAFewListsFindNearlyAll) {
  constexpr int width = 96, lists = 32, k = 10;
  const Lsa lsa(texts_, width, 12);
  const auto embed = [&](std::size_t count, const auto& text_of) {
    Matrix out(static_cast<int>(count), width);
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<float> row = lsa.embed(text_of(i));
      std::copy(row.begin(), row.end(), out.row(static_cast<int>(i)));
    }
    return out;
  };
  const Matrix rows = embed(1400, [&](std::size_t i) { return texts_[i]; });
  const Matrix queries = embed(225, [&](std::size_t i) { return std::string_view(questions_[i].text); });
  Workspace workspace;
  const PackedMatrix packed(rows);
  std::vector<Hit> all(225 * 1400), exact(225 * k), found(225 * k);
  top_k(queries, packed, 1400, all, workspace);
  const Quality q = quality([&](std::size_t at) {
    return std::vector<Hit>(all.begin() + static_cast<std::ptrdiff_t>(at * 1400),
                            all.begin() + static_cast<std::ptrdiff_t>((at + 1) * 1400));
  });
  std::printf("LSA of %d: MAP %.4f  P@10 %.4f  R@10 %.4f  MRR %.4f\n", width, q.map, q.precision_10, q.recall_10,
              q.mrr);
  EXPECT_GT(q.map, 0.385);  // BM25's
  top_k(queries, packed, k, exact, workspace);
  const Clusters clusters = cluster(rows, lists, 20, workspace);
  const Ivf index(rows, clusters);
  double last = 0.0;
  for (const int probes : {1, 2, 4, 8, 16, 32}) {
    index.search(queries, k, probes, found, workspace);
    const double share = recall(found, exact, k);
    std::printf("IVF, %d of %d lists: recall@%d %.4f of exact search\n", probes, lists, k, share);
    EXPECT_GE(share, last);
    if (probes == 8) {
      EXPECT_GT(share, 0.95);
    }
    last = share;
  }
  EXPECT_EQ(found, exact);
}

}  // namespace
}  // namespace orrery::kernels::model
