#include "sim/execution/rank_numbers.hpp"

#include <deque>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "sim/execution/outbox.hpp"

namespace orrery::sim::execution {
namespace {

class RankNumbers final : public Numbers {
 public:
  RankNumbers(const Context& context, const WorkerSetup& setup)
      : comm_(context.comm),
        tokenizer_(setup.model->tokenizer()),
        layers_(setup.model->config().layers),
        inspection_(setup.inspection),
        examines_(setup.inspection != nullptr),
        spreads_experts_(setup.spreads_experts(context.size())) {
    const int size = context.size();
    EXPECT(size - 1 <= Rows::max_rank);
    if (size == 1) local_ = std::make_unique<Worker>(setup, MPI_COMM_NULL);
    for (int rank = 1; rank < size; ++rank) outboxes_.emplace_back(rank, comm_);
  }
  ~RankNumbers() override {
    // A run that threw still has to let the computing ranks go.
    if (!finished_) collect();
  }

  void open(RequestId request, Tokens prompt, Tokens output) override {
    requests_ = std::max(requests_, request.index() + 1);
    Command c{.op = Op::open, .session = {{}, request}, .first = prompt, .count = output};
    for (int rank : ranks()) issue(rank, c);
  }
  Handle embed(RequestId request, Tokens first, Tokens count) override {
    const int rank = rank_of(request.index());
    const Handle out = Rows::make(rank, count, ++serial_);
    issue(rank, {.op = Op::embed, .session = {{}, request}, .first = first, .count = count, .output = out});
    return out;
  }
  Handle run(const StageTask& task) override {
    if (closed(task.session.request)) return 0;
    const int rank = rank_of(task.session.node.index());
    const Handle out = Rows::make(rank, task.count, ++serial_);
    Command c{.op = Op::run,
              .session = task.session,
              .cache = task.blocks,
              .conduct = task.conduct,
              .first = task.first,
              .count = task.count,
              .output = out};
    add_inputs(c, rank, task.session.request, task.input);
    issue(rank, c);
    return out;
  }
  CachePiece save(const SessionKey& session, BlockSpan cache, Tokens first, Tokens count) override {
    if (closed(session.request)) return {cache, first, count, 0};
    const int rank = rank_of(session.node.index());
    const Handle out = Rows::make(rank, count, ++serial_);
    issue(rank, {.op = Op::save,
                 .session = session,
                 .cache = cache,
                 .blocks = cache,
                 .first = first,
                 .count = count,
                 .output = out});
    return {cache, first, count, out};
  }
  void restore(const SessionKey& session, BlockSpan cache, const CachePiece& piece) override {
    if (closed(session.request)) return;
    const int rank = rank_of(session.node.index());
    Command c{.op = Op::restore,
              .session = session,
              .cache = cache,
              .blocks = piece.blocks,
              .first = piece.first,
              .count = piece.count};
    add_inputs(c, rank, session.request, piece.rows);
    issue(rank, c);
  }
  Handle keep(const SessionKey& session, BlockSpan cache, Tokens count) override {
    // Of a request that has ended nobody will offer entries to others: Node::close.
    if (closed(session.request)) return 0;
    const int rank = rank_of(session.node.index());
    const Handle out = Rows::make(rank, count, ++serial_);
    adoptions_[out] = 0;
    issue(rank, {.op = Op::keep, .session = session, .cache = cache, .blocks = cache, .count = count, .output = out});
    return out;
  }
  void adopt(const SessionKey& session, BlockSpan cache, const CachePiece& kept) override {
    EXPECT(kept.rows != 0);
    if (closed(session.request)) return;
    ++adoptions_.at(kept.rows);
    issue(rank_of(session.node.index()), {.op = Op::adopt,
                                          .session = session,
                                          .cache = cache,
                                          .blocks = kept.blocks,
                                          .count = kept.count,
                                          .inputs = {kept.rows}});
  }
  void forget(const SessionKey& session, Handle kept) override {
    const auto found = adoptions_.find(kept);
    if (found == adoptions_.end()) return;
    issue(rank_of(session.node.index()),
          {.op = Op::forget, .session = session, .count = found->second, .output = kept});
    adoptions_.erase(found);
  }
  Handle join(RequestId request, std::span<const Handle> parts) override {
    Tokens rows = 0;
    for (Handle h : parts) rows += Rows::rows(h);
    const Handle bundle = Rows::make(Rows::bundle_rank, rows, ++serial_);
    bundles_[request.index()][bundle].assign(parts.begin(), parts.end());
    return bundle;
  }
  void sample(RequestId request, Tokens position, Handle output) override {
    const int rank = rank_of(request.index());
    Command c{.op = Op::sample, .session = {{}, request}, .first = position};
    add_inputs(c, rank, request, output);
    issue(rank, c);
  }
  bool is_end(RequestId request, Tokens position) override;
  bool examines() const override { return examines_; }
  Ticket examine(const Examination& e) override;
  std::optional<Judgement> judgement(RequestId request, Ticket ticket) override;
  void review(RequestId request) override {
    issue(rank_of(request.index()), {.op = Op::review, .session = {{}, request}});
  }
  void drop(const SessionKey& session) override {
    issue(rank_of(session.node.index()), {.op = Op::drop, .session = session});
  }
  void close(RequestId request) override {
    closed_.insert(request.index());
    bundles_.erase(request.index());
    testified_.erase(request.index());
    for (int rank : ranks()) issue(rank, {.op = Op::close, .session = {{}, request}});
  }
  std::vector<std::string> finish() override;
  std::vector<Review> reviews() const override;

 private:
  std::vector<int> ranks() const {
    std::vector<int> all;
    if (local_) return {0};
    for (const Outbox& o : outboxes_) all.push_back(o.rank());
    return all;
  }
  int rank_of(std::uint32_t index) const { return local_ ? 0 : 1 + static_cast<int>(index % outboxes_.size()); }
  void issue(int rank, const Command& command) {
    if (local_) {
      local_->carry_out(command);
    } else {
      outboxes_[static_cast<std::size_t>(rank - 1)].put_command(command);
    }
  }
  void add_inputs(Command& c, int rank, RequestId request, Handle input) {
    const std::size_t before = c.inputs.size();
    if (Rows::rank(input) == Rows::bundle_rank) {
      const std::vector<Handle>& parts = bundles_.at(request.index()).at(input);
      c.inputs.insert(c.inputs.end(), parts.begin(), parts.end());
    } else {
      c.inputs.push_back(input);
    }
    for (const Handle h : std::span(c.inputs).subspan(before)) {
      if (Rows::rank(h) == rank) continue;
      issue(Rows::rank(h), {.op = Op::send, .session = {{}, request}, .output = h, .peer = rank});
    }
  }
  // A node may still be asked to work for a request whose client gave up: the message is on its way. Nobody will look.
  bool closed(RequestId request) const { return closed_.contains(request.index()); }
  Handle letter(int rank) { return Rows::make(rank, 0, ++serial_); }
  Handle testify(const Examination& e, Ticket ticket);
  void recompute(const Examination& e, Ticket ticket);
  void collect();

  MPI_Comm comm_;
  std::shared_ptr<const kernels::model::Tokenizer> tokenizer_;
  int layers_;
  const Inspection* inspection_;
  bool examines_;
  bool spreads_experts_;
  std::unique_ptr<Worker> local_;
  std::deque<Outbox> outboxes_;
  std::uint64_t serial_ = 0;
  std::uint32_t requests_ = 0;
  std::unordered_map<std::uint32_t, std::unordered_map<Handle, std::vector<Handle>>> bundles_;
  std::unordered_set<std::uint32_t> closed_;
  std::unordered_map<Handle, Tokens> adoptions_;  // of what is kept, so far
  Ticket tickets_ = 0;
  std::unordered_map<std::uint32_t, std::set<std::pair<NodeId, std::uint16_t>>> testified_;  // by request
  std::unordered_map<Ticket, int> judges_;                                                   // ranks
  bool finished_ = false;
  std::map<std::uint32_t, std::vector<int>> generated_;
  std::map<std::uint32_t, Review> reviews_;
  std::string error_;
};

bool RankNumbers::is_end(RequestId request, Tokens position) {
  int token = 0;
  if (local_) {
    token = local_->token(request, position);
  } else {
    const int rank = rank_of(request.index());
    issue(rank, {.op = Op::token, .session = {{}, request}, .first = position});
    for (Outbox& o : outboxes_) o.flush();
    probe_patiently(rank, Worker::tag_token, comm_);
    MPI_Recv(&token, 1, MPI_INT, rank, Worker::tag_token, comm_, MPI_STATUS_IGNORE);
  }
  return token < 0 || tokenizer_->is_eos(token);
}

// Makes the executor's trace again, once, and has it commit. The letter with the commitment.
Handle RankNumbers::testify(const Examination& e, Ticket ticket) {
  const int rank = rank_of(e.executor.node.index());
  Command c{.op = Op::testify,
            .session = e.executor,
            .cache = e.blocks,
            .first = e.prompt,
            .count = e.rows,
            .output = letter(rank),
            .ticket = ticket,
            .claimed = e.claimed};
  if (testified_[e.executor.request.index()].insert({e.executor.node, e.executor.leg}).second) {
    for (const Taken& t : e.taken) {
      add_inputs(c, rank, e.executor.request, t.rows);
      c.stretches.push_back({t.count, t.conduct});
    }
  }
  issue(rank, c);
  return c.output;
}

void RankNumbers::recompute(const Examination& e, Ticket ticket) {
  const int rank = rank_of(e.verifier.index());
  const RequestId request = e.executor.request;
  Command c{.op = Op::recompute,
            .session = {e.verifier, request, e.executor.leg},
            .cache = e.of_text ? BlockSpan{0, layers_} : e.blocks,
            .conduct = {.honest = e.arithmetic},
            .first = e.prompt,
            .count = e.rows,
            .ticket = ticket,
            .of_text = e.of_text};
  if (e.of_text) {
    const int client = rank_of(request.index());
    const Handle text = letter(client);
    issue(client, {.op = Op::text, .session = {{}, request}, .output = text});
    add_inputs(c, rank, request, text);
  } else {
    for (const Taken& t : e.taken) add_inputs(c, rank, request, t.rows);
  }
  issue(rank, c);
}

Ticket RankNumbers::examine(const Examination& e) {
  EXPECT(examines_);
  const Ticket ticket = ++tickets_;
  if (closed(e.executor.request)) return ticket;
  const RequestId request = e.executor.request;
  const int executor = rank_of(e.executor.node.index()), verifier = rank_of(e.verifier.index());
  const SessionKey asker{e.verifier, request, e.executor.leg};
  Handle said = testify(e, ticket);
  recompute(e, ticket);
  const auto next = [&](Op op, int rank, const SessionKey& who, Handle output) {
    Command c{.op = op, .session = who, .output = output, .ticket = ticket};
    add_inputs(c, rank, request, said);
    issue(rank, c);
    said = output;
  };
  for (int round = 0; round < inspection_->rounds(e.of_text ? BlockSpan{0, layers_} : e.blocks); ++round) {
    next(Op::ask, verifier, asker, letter(verifier));
    next(Op::answer, executor, e.executor, letter(executor));
  }
  next(Op::judge, verifier, asker, 0);
  judges_[ticket] = verifier;
  return ticket;
}

std::optional<Judgement> RankNumbers::judgement(RequestId request, Ticket ticket) {
  if (closed(request)) return std::nullopt;
  const int rank = judges_.at(ticket);
  judges_.erase(ticket);
  if (local_) return local_->judgement(request, ticket);
  issue(rank, {.op = Op::verdict, .session = {{}, request}, .ticket = ticket});
  for (Outbox& o : outboxes_) o.flush();
  probe_patiently(rank, Worker::tag_verdict, comm_);
  double words[Worker::verdict_words];
  MPI_Recv(words, Worker::verdict_words, MPI_DOUBLE, rank, Worker::tag_verdict, comm_, MPI_STATUS_IGNORE);
  Judgement j{.score = words[0], .malformed = words[1] != 0};
  if (words[2] >= 0) j.as_published = words[2] != 0;
  return j;
}

std::vector<Review> RankNumbers::reviews() const {
  EXPECT(finished_);
  std::vector<Review> list(requests_);
  for (const auto& [request, review] : reviews_) list[request] = review;
  return list;
}

void RankNumbers::collect() {
  finished_ = true;
  if (local_) {
    generated_ = local_->generated();
    reviews_ = local_->reviews();
    error_ = local_->error();
    return;
  }
  for (Outbox& o : outboxes_) {
    o.put_command({.op = Op::finish});
    o.flush();
  }
  for (Outbox& o : outboxes_) {
    o.drain();
    MPI_Status status = probe_patiently(o.rank(), Worker::tag_report, comm_);
    int count = 0;
    MPI_Get_count(&status, MPI_INT, &count);
    std::vector<int> words(static_cast<std::size_t>(count));
    MPI_Recv(words.data(), count, MPI_INT, o.rank(), Worker::tag_report, comm_, MPI_STATUS_IGNORE);
    for (std::size_t at = 0; at < words.size(); at += 2 + static_cast<std::size_t>(words[at + 1])) {
      const auto begin = words.begin() + static_cast<std::ptrdiff_t>(at) + 2;
      generated_[static_cast<std::uint32_t>(words[at])].assign(begin, begin + words[at + 1]);
    }
    status = probe_patiently(o.rank(), Worker::tag_report, comm_);
    MPI_Get_count(&status, MPI_DOUBLE, &count);
    std::vector<double> seen(static_cast<std::size_t>(count));
    MPI_Recv(seen.data(), count, MPI_DOUBLE, o.rank(), Worker::tag_report, comm_, MPI_STATUS_IGNORE);
    for (std::size_t at = 0; at < seen.size(); at += 4) {
      reviews_[static_cast<std::uint32_t>(seen[at])] = {seen[at + 1], static_cast<Tokens>(seen[at + 2]),
                                                        static_cast<Tokens>(seen[at + 3])};
    }
    status = probe_patiently(o.rank(), Worker::tag_report, comm_);
    MPI_Get_count(&status, MPI_CHAR, &count);
    std::string error(static_cast<std::size_t>(count), '\0');
    MPI_Recv(error.data(), count, MPI_CHAR, o.rank(), Worker::tag_report, comm_, MPI_STATUS_IGNORE);
    if (error_.empty()) error_ = error;
  }
  if (spreads_experts_) ExpertRanks::leave(comm_);
}

std::vector<std::string> RankNumbers::finish() {
  EXPECT(!finished_);
  collect();
  if (!error_.empty()) throw RunError("computing failed: " + error_);
  std::vector<std::string> texts(requests_);
  for (const auto& [request, tokens] : generated_) {
    for (int token : tokens) texts[request] += tokenizer_->piece(token);
  }
  return texts;
}

}  // namespace

std::unique_ptr<Numbers> make_rank_numbers(const Context& context, const WorkerSetup& setup) {
  EXPECT(context.rank() == 0);
  return std::make_unique<RankNumbers>(context, setup);
}

void serve_ranks(const Context& context, const WorkerSetup& setup) {
  EXPECT(context.rank() > 0);
  Worker(setup, context.comm).serve();
}

}  // namespace orrery::sim::execution
