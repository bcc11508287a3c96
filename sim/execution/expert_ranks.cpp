#include "sim/execution/expert_ranks.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <deque>
#include <exception>
#include <string>

#include "sim/execution/patience.hpp"

namespace orrery::sim::execution {

using kernels::ConstMatrixView;
using kernels::MatrixView;
using kernels::model::ExpertSpan;

namespace {

// What is asked: block, arithmetic and the number of rows for each expert of the model as 64-bit words, then the rows.
// What is answered: the rows, or after them why there are none.
constexpr std::size_t head_words = 2, longest_reason = 500;

void append(std::vector<std::byte>& to, const void* from, std::size_t bytes) {
  const auto* begin = static_cast<const std::byte*>(from);
  to.insert(to.end(), begin, begin + bytes);
}

void append_rows(std::vector<std::byte>& to, ConstMatrixView x) {
  for (int r = 0; r < x.rows; ++r) append(to, x.row(r), static_cast<std::size_t>(x.cols) * sizeof(float));
}

// first[] of the experts in `held` alone, from row 0 on.
std::vector<int> first_of(std::span<const int> first, ExpertSpan held) {
  std::vector<int> own(first.size());
  for (std::size_t e = 0; e + 1 < first.size(); ++e)
    own[e + 1] = own[e] + (held.contains(static_cast<int>(e)) ? first[e + 1] - first[e] : 0);
  return own;
}

std::size_t row_bytes(int rows, int cols) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols) * sizeof(float);
}

int rows_of(std::span<const int> first, ExpertSpan held) {
  return first[static_cast<std::size_t>(held.end)] - first[static_cast<std::size_t>(held.begin)];
}

}  // namespace

// Rows for the experts of one holder.
struct ExpertRanks::Question {
  int holder;
  ExpertSpan held;
  int rows;
  std::vector<std::byte> bytes, answer;
  MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
};

ExpertSpan ExpertPlacement::held(int rank) const {
  const int at = rank - first_rank;
  if (at < 0 || at >= ranks) return {0, 0};
  const auto bound = [&](int i) { return static_cast<int>(static_cast<std::int64_t>(i) * experts / ranks); };
  return {bound(at), bound(at + 1)};
}

ExpertRanks::ExpertRanks(BlockStore& store, kernels::Workspace& workspace, const ExpertPlacement& placement,
                         MPI_Comm comm)
    : store_(store), workspace_(workspace), placement_(placement), comm_(comm) {
  int size = 0;
  MPI_Comm_rank(comm_, &rank_);
  MPI_Comm_size(comm_, &size);
  EXPECT(placement.experts >= 1 && placement.ranks >= 1 && placement.first_rank >= 0);
  EXPECT(placement.first_rank + placement.ranks <= size);
  EXPECT(placement.experts == store.model().config().experts);
}

ExpertRanks::~ExpertRanks() {
  for (Answer& a : answers_) MPI_Wait(&a.request, MPI_STATUS_IGNORE);
}

void ExpertRanks::run_held(int block, const Arithmetic& arithmetic, ConstMatrixView x, std::span<const int> first,
                           MatrixView y) {
  run_experts(store_.block(block, arithmetic.weights), arithmetic, x, first, y, workspace_);
}

void ExpertRanks::ask(Question& q, int block, const Arithmetic& arithmetic, ConstMatrixView x,
                      std::span<const int> first) {
  const std::uint64_t head[head_words] = {static_cast<std::uint64_t>(block), pack(arithmetic)};
  append(q.bytes, head, sizeof head);
  for (int e = 0; e < placement_.experts; ++e) {
    const auto at = static_cast<std::size_t>(e);
    const auto count = static_cast<std::uint64_t>(q.held.contains(e) ? first[at + 1] - first[at] : 0);
    append(q.bytes, &count, sizeof count);
  }
  append_rows(q.bytes, x.slice_rows(first[static_cast<std::size_t>(q.held.begin)], q.rows));
  q.answer.assign(row_bytes(q.rows, x.cols) + longest_reason, std::byte{0});
  EXPECT(std::max(q.bytes.size(), q.answer.size()) <= static_cast<std::size_t>(INT_MAX));
  MPI_Irecv(q.answer.data(), static_cast<int>(q.answer.size()), MPI_BYTE, q.holder, tag_answer, comm_, &q.requests[0]);
  MPI_Isend(q.bytes.data(), static_cast<int>(q.bytes.size()), MPI_BYTE, q.holder, tag_ask, comm_, &q.requests[1]);
  rows_sent_ += q.rows;
}

void ExpertRanks::run(int block, const Arithmetic& arithmetic, ConstMatrixView x, std::span<const int> first,
                      MatrixView y) {
  EXPECT(first.size() == static_cast<std::size_t>(placement_.experts) + 1 && x.rows == first.back());
  std::deque<Question> questions;  // a deque: they must not move while MPI reads and writes them
  for (int i = 0; i < placement_.ranks; ++i) {
    const int holder = placement_.first_rank + i;
    const ExpertSpan held = placement_.held(holder);
    if (holder == rank_ || rows_of(first, held) == 0) continue;
    ask(questions.emplace_back(Question{holder, held, rows_of(first, held), {}, {}}), block, arithmetic, x, first);
  }
  const ExpertSpan own = placement_.held(rank_);
  const int rows = rows_of(first, own), begin = first[static_cast<std::size_t>(own.begin)];
  std::string failure;
  if (rows > 0) {
    try {
      run_held(block, arithmetic, x.slice_rows(begin, rows), first_of(first, own), y.slice_rows(begin, rows));
    } catch (const std::exception& e) {
      failure = e.what();  // what is under way has to arrive before its memory goes
    }
  }
  for (Question& q : questions) {
    const std::size_t bytes = row_bytes(q.rows, x.cols);
    serve_until_done(q.requests);
    const auto* reason = reinterpret_cast<const char*>(q.answer.data() + bytes);
    if (*reason != '\0' && failure.empty()) failure = reason;
    const int to = first[static_cast<std::size_t>(q.held.begin)];
    for (int r = 0; r < q.rows; ++r)
      std::memcpy(y.row(to + r), q.answer.data() + row_bytes(r, x.cols), row_bytes(1, x.cols));
  }
  if (!failure.empty()) throw RunError(failure);
}

void ExpertRanks::serve_until_done(std::span<MPI_Request> requests) {
  Patience patience;
  for (int done = 0;;) {
    MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE);
    if (done != 0) return;
    if (serve()) {
      patience.renew();
    } else {
      patience.pause();
    }
  }
}

bool ExpertRanks::serve() {
  std::erase_if(answers_, [](Answer& a) {
    int done = 0;
    MPI_Test(&a.request, &done, MPI_STATUS_IGNORE);
    return done != 0;
  });
  bool any = false;
  for (;;) {
    MPI_Status status;
    int found = 0;
    MPI_Iprobe(MPI_ANY_SOURCE, tag_ask, comm_, &found, &status);
    if (found == 0) return any;
    int bytes = 0;
    MPI_Get_count(&status, MPI_BYTE, &bytes);
    std::vector<std::byte> question(static_cast<std::size_t>(bytes));
    MPI_Recv(question.data(), bytes, MPI_BYTE, status.MPI_SOURCE, tag_ask, comm_, MPI_STATUS_IGNORE);
    answer(question, status.MPI_SOURCE);
    any = true;
  }
}

void ExpertRanks::answer(std::span<const std::byte> question, int asker) {
  const auto experts = static_cast<std::size_t>(placement_.experts);
  std::vector<std::uint64_t> words(head_words + experts);
  EXPECT(question.size() >= words.size() * sizeof(std::uint64_t));
  std::memcpy(words.data(), question.data(), words.size() * sizeof(std::uint64_t));
  std::vector<int> first(experts + 1);
  for (std::size_t e = 0; e < experts; ++e) first[e + 1] = first[e] + static_cast<int>(words[head_words + e]);
  const int rows = first.back(), cols = store_.model().config().hidden;
  kernels::Matrix x(rows, cols);
  EXPECT(question.size() == words.size() * sizeof(std::uint64_t) + x.size() * sizeof(float));
  std::memcpy(x.data(), question.data() + words.size() * sizeof(std::uint64_t), x.size() * sizeof(float));
  kernels::Matrix y(rows, cols);
  std::string reason;
  try {
    run_held(static_cast<int>(words[0]), unpack_arithmetic(words[1]), x, first, y);
  } catch (const std::exception& e) {
    reason = "rank " + std::to_string(rank_) + ", experts of block " + std::to_string(words[0]) + ": " + e.what();
    reason.resize(std::min(reason.size(), longest_reason - 1));
  }
  Answer& a = answers_.emplace_back();
  append_rows(a.bytes, y);
  append(a.bytes, reason.data(), reason.size());
  MPI_Isend(a.bytes.data(), static_cast<int>(a.bytes.size()), MPI_BYTE, asker, tag_answer, comm_, &a.request);
}

void ExpertRanks::finish() {
  MPI_Request all = MPI_REQUEST_NULL;
  MPI_Ibarrier(comm_, &all);
  serve_until_done({&all, 1});
}

void ExpertRanks::leave(MPI_Comm comm) {
  MPI_Request all = MPI_REQUEST_NULL;
  MPI_Ibarrier(comm, &all);
  wait_patiently(all);
}

}  // namespace orrery::sim::execution
