// A computing rank: weights of the blocks its nodes serve (each once), KV caches per session, activations per request.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <mpi.h>

#include "kernels/codec.hpp"
#include "kernels/model/model.hpp"
#include "sim/execution/command.hpp"
#include "sim/execution/expert_ranks.hpp"
#include "sim/execution/hearing.hpp"
#include "sim/execution/prompts.hpp"
#include "sim/execution/weights.hpp"

namespace orrery::sim::execution {

// What every rank knows before the first command.
struct WorkerSetup {
  std::shared_ptr<const kernels::model::Model> model;
  std::shared_ptr<const Prompts> prompts;
  kernels::WireFormat wire = kernels::WireFormat::fp32;
  double temperature = 0;  // 0: greedy
  double top_p = 1;
  std::uint64_t seed = 0;
  bool shared_seed = false;  // tokens are drawn so that others can draw them again (gumbel.hpp), top_p is 1
  int threads = 1;
  const Inspection* inspection = nullptr;  // how claims are looked at; none: nobody looks. Outlives the ranks
  Weights agreed = Weights::full;          // the precision that everybody agreed to serve
  // The experts of a mixture are dealt out to the computing ranks, whichever of them run the blocks (expert_ranks.hpp).
  bool spread_experts = false;

  bool spreads_experts(int ranks) const { return spread_experts && ranks > 1 && model->config().experts > 0; }
};

class Worker {
 public:
  // comm may be MPI_COMM_NULL for a single rank.
  Worker(WorkerSetup setup, MPI_Comm comm);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Carries out one command (never `finish`). Whatever goes wrong is kept in error(); from then on commands are taken
  // but only zeros are computed, so that no other rank waits for ever.
  void carry_out(const Command& command);
  // Receives commands from rank 0 until `finish`, then reports to it.
  void serve();

  // Loads the head and uses it once.
  void warm_head();
  // Rows or entries of a cache by their handle, for another rank, and from one.
  std::shared_ptr<const std::vector<std::byte>> produced(RequestId request, Handle handle);
  void accept(RequestId request, Handle handle, std::vector<std::byte> bytes);

  int token(RequestId request, Tokens position) const;
  // Tokens generated for the requests whose client is pinned here, in order of request id.
  const std::map<std::uint32_t, std::vector<int>>& generated() const { return generated_; }
  const std::string& error() const { return error_; }
  // Those that were asked for.
  const std::map<std::uint32_t, Review>& reviews() const { return reviews_; }
  Judgement judgement(RequestId request, Ticket ticket);

  // Rows travel under tags from 16 on (Rows::tag).
  static constexpr int tag_commands = 1;
  static constexpr int tag_token = 3;
  static constexpr int tag_report = 4;
  static constexpr int tag_verdict = 5;
  static constexpr int verdict_words = 3;  // score, malformed, as published (-1: no such rule) [double]

 private:
  using Bytes = std::shared_ptr<std::vector<std::byte>>;
  struct Session {
    std::unique_ptr<kernels::model::KvCache> cache;
  };
  struct Request {
    Tokens prompt = 0;
    Tokens capacity = 0;
    std::vector<int> tokens;                    // prompt and generated; filled on the rank of the client only
    std::unordered_map<Handle, Bytes> rows;     // produced here
    std::unordered_map<Handle, Bytes> arrived;  // from other ranks, for the command at hand
    std::map<std::pair<NodeId, std::uint16_t>, Session> sessions;
    std::map<std::pair<NodeId, std::uint16_t>, Exhibit> exhibits;  // of executors here
    std::map<Ticket, Hearing> hearings;                            // by verifiers here
  };
  struct Transfer {
    MPI_Request request;
    Handle handle;
    Bytes bytes;
  };
  // KV entries that outlive their request, laid out as save() does.
  struct Kept {
    Bytes bytes;
    Tokens adopted = 0;
    Tokens last = -1;  // they go after so many adoptions; negative: that is not known yet
  };
  // What one request has to do here, in order.
  struct Line {
    std::deque<Command> commands;
    bool asked = false;  // for the rows that the first command needs from other ranks
    int missing = 0;     // of these, still to come
  };

  void dispatch(const Command& command);
  void embed(Request& request, const Command& command);
  void run(Request& request, const Command& command);
  void save(Request& request, const Command& command);
  void restore(Request& request, const Command& command);
  void keep(Request& request, const Command& command);
  void adopt(Request& request, const Command& command);
  void forget(const Command& command);
  void sample(Request& request, const Command& command);
  void send(const Command& command);
  void report();

  int pick(std::span<const float> logits, RequestId request, Tokens position);
  Draw noise(const SessionKey& session, Tokens first) const;

  // worker_audits.cpp
  bool carry_out_audit(Request& request, const Command& command);
  Agreement agreement(RequestId request) const;
  Draw curiosity(const Command& command) const;
  void review(Request& request, const Command& command);
  void testify(Request& request, const Command& command);
  void recompute(Request& request, const Command& command);
  void question(Request& request, const Command& command);
  void answer(Request& request, const Command& command);
  void judge(Request& request, const Command& command);
  void put_letter(Request& request, Handle handle, Message letter);

  // worker_serve.cpp
  void take_commands(bool& finishing);
  void ask(std::uint32_t request, Line& line);
  void take_letters();
  void take_rows();
  void send_verdict(const Command& command);
  bool ready(const Line& line) const;
  void carry_out_first(std::uint32_t request, Line& line);
  kernels::Matrix gather(Request& request, const Command& command);
  Bytes fetch(Request& request, Handle handle) const;
  Bytes encode(kernels::ConstMatrixView x) const;
  Bytes zeros(Tokens rows) const;
  Bytes blank_piece(const Command& command) const;  // room for what a restore needs
  Bytes copy_out(Request& request, const Command& command);
  void copy_in(Request& request, const Command& command, const std::vector<std::byte>& piece);
  kernels::model::KvCache& cache(Request& request, const Command& command);

  WorkerSetup setup_;
  MPI_Comm comm_;
  int rank_ = 0;
  kernels::Workspace workspace_;
  BlockStore store_;
  std::unique_ptr<ExpertRanks> experts_;  // where they are spread
  std::unordered_map<std::uint32_t, Request> requests_;
  std::map<std::uint32_t, std::vector<int>> generated_;
  std::unordered_map<Handle, Kept> kept_;
  std::deque<Transfer> outgoing_;
  std::map<std::uint32_t, Line> lines_;  // by request
  std::size_t waiting_ = 0;              // commands in them
  // Rows under way to this rank; the two run in parallel, so that MPI looks at all of them in one call.
  std::vector<MPI_Request> incoming_;
  std::vector<std::pair<std::uint32_t, Handle>> incoming_for_;  // request, rows
  std::vector<std::pair<std::uint32_t, Handle>> letters_;       // not even their sizes are known yet
  std::map<std::uint32_t, Review> reviews_;
  std::string error_;
};

}  // namespace orrery::sim::execution
