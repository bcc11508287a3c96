#include "experiments/sweep/journal.hpp"

#include <cmath>
#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "experiments/files.hpp"
#include "tests/experiments/scratch.hpp"

namespace orrery::experiments::sweep {
namespace {

using experiments::tests::message_of;

class JournalTest : public experiments::tests::Scratch {};

Row sample_row(int i) {
  Row row{"000000000000000" + std::to_string(i), "a = 1\n", Status::done, "", {}, {}, i, 2};
  row.point = {{"workload.rate", "request/s", "arrivals", 0.5, "", 0}, {"router", "", "", NAN, "petals", 1}};
  row.result.metrics = {{"goodput", "request/s", "good", 1.0 + i}, {"ttft", "s", "first", NAN}};
  if (i % 2 == 1) row.result.metrics.push_back({"extra", "1", "of odd rows", 3});
  row.result.timeline = {{"time", "s", "when", {1, 2, 3}}};
  row.result.requests = {{"arrival", "s", "when", {4, 5}}};
  row.result.texts = {"", "héllo"};
  return row;
}

std::string image(const std::vector<Row>& rows) { return results_image("", rows); }

std::vector<Row> rows_of(const Journal& journal) {
  std::vector<Row> rows;
  for (const std::string_view bytes : journal.rows) rows.push_back(decode_row(bytes, journal.names));
  return rows;
}

TEST_F(JournalTest, WhatWasNotedIsRead) {
  std::vector<Row> rows;
  {
    JournalWriter writer(path("j"), "header");
    for (int i = 0; i < 4; ++i) {
      rows.push_back(sample_row(i));
      if (i == 2) rows.back().status = Status::failed, rows.back().result = {}, rows.back().reason = "no route";
      writer.add(rows.back(), i);
    }
    EXPECT_TRUE(is_held(path("j"))) << "a living writer is known";
  }
  EXPECT_FALSE(is_held(path("j")));
  const Journal journal = read_journal(path("j"));
  EXPECT_EQ(journal.header, "header");
  EXPECT_TRUE(image(rows_of(journal)) == image(rows)) << "nothing of a row is lost on the way to a results file";
  const RowHead head = decode_head(journal.rows[2]);
  EXPECT_EQ(head.id, rows[2].id);
  EXPECT_EQ(head.status, Status::failed);
  EXPECT_EQ(decode_metric(journal.rows[3], journal.names, "goodput"), 4);
  EXPECT_TRUE(std::isnan(decode_metric(journal.rows[2], journal.names, "goodput")));
}

// A process can die after any byte.
TEST_F(JournalTest, ATornEndCostsTheLastRowOnly) {
  std::vector<std::size_t> ends;
  {
    JournalWriter writer(path("j"), "header");
    for (int i = 0; i < 3; ++i) {
      ends.push_back(std::filesystem::file_size(path("j")));
      writer.add(sample_row(i), 0);
    }
  }
  const std::string whole = read_file(path("j"));
  ends.push_back(whole.size());
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::ofstream(path("torn"), std::ios::binary) << whole.substr(0, size);
    const Journal journal = read_journal(path("torn"));
    std::size_t expected = 0;
    while (expected < 3 && ends[expected + 1] <= size) ++expected;
    ASSERT_EQ(journal.rows.size(), expected) << size;
    ASSERT_EQ(journal.header, size >= ends[0] ? "header" : "") << size;
    for (const std::string_view bytes : journal.rows) decode_row(bytes, journal.names);
  }
}

TEST_F(JournalTest, ADamagedByteIsNeverBelieved) {
  {
    JournalWriter writer(path("j"), "header");
    for (int i = 0; i < 2; ++i) writer.add(sample_row(i), 0);
  }
  const std::string whole = read_file(path("j"));
  const std::string good = image(rows_of(read_journal(path("j"))));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    std::ofstream(path("bad"), std::ios::binary) << bytes;
    EXPECT_LT(read_journal(path("bad")).rows.size(), 2u) << at;
  }
  EXPECT_FALSE(good.empty());
}

TEST_F(JournalTest, DecodingNonsenseIsAnError) {
  Names names;
  const std::string bytes = encode_row(sample_row(1), names);
  EXPECT_THROW(decode_row(bytes, Names{}), RunError);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(decode_row(std::string_view(bytes).substr(0, size), names), RunError) << size;
  }
  EXPECT_THROW(decode_row(bytes + "x", names), RunError);
}

TEST_F(JournalTest, AFullDiskKeepsWhatWasNotedAndTheFileReadable) {
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  std::string message;
  {
    JournalWriter writer(path("j"), "header");
    writer.add(sample_row(0), 0);
    const rlimit small{std::filesystem::file_size(path("j")) + 40, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    message = message_of([&] { writer.add(sample_row(1), 0); });
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(read_journal(path("j")).rows.size(), 1u);
    writer.add(sample_row(3), 0);  // there is room again
  }
  EXPECT_EQ(message, path("j") +
                         ": cannot be written (File too large). Rows that were finished before are kept; make room "
                         "and run the same command again.");
  EXPECT_EQ(rows_of(read_journal(path("j"))).size(), 2u);
  EXPECT_EQ(rows_of(read_journal(path("j")))[1].id, sample_row(3).id);
}

}  // namespace
}  // namespace orrery::experiments::sweep
