#include "sim/execution/worker.hpp"

#include <algorithm>
#include <exception>

#include "kernels/sample.hpp"
#include "sim/execution/gumbel.hpp"
#include "sim/execution/stage.hpp"
#include "sim/random.hpp"

namespace orrery::sim::execution {

namespace model = kernels::model;

namespace {

int size_of(MPI_Comm comm) {
  int size = 1;
  if (comm != MPI_COMM_NULL) MPI_Comm_size(comm, &size);
  return size;
}

// Rank 0 simulates; the others hold the experts.
ExpertPlacement placement(const WorkerSetup& setup, MPI_Comm comm) {
  return {setup.model->config().experts, 1, size_of(comm) - 1};
}

model::ExpertSpan held_experts(const WorkerSetup& setup, MPI_Comm comm) {
  if (!setup.spreads_experts(size_of(comm))) return {};
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  return placement(setup, comm).held(rank);
}

}  // namespace

Worker::Worker(WorkerSetup setup, MPI_Comm comm)
    : setup_(std::move(setup)),
      comm_(comm),
      workspace_(kernels::Cpu{kernels::best_isa(), setup_.threads}),
      store_(setup_.model, held_experts(setup_, comm)) {
  if (comm_ != MPI_COMM_NULL) MPI_Comm_rank(comm_, &rank_);
  if (setup_.spreads_experts(size_of(comm_)))
    experts_ = std::make_unique<ExpertRanks>(store_, workspace_, placement(setup_, comm_), comm_);
}

Worker::~Worker() {
  for (Transfer& o : outgoing_) MPI_Wait(&o.request, MPI_STATUS_IGNORE);
}

void Worker::carry_out(const Command& command) {
  try {
    dispatch(command);
  } catch (const std::exception& e) {
    if (error_.empty()) error_ = "rank " + std::to_string(rank_) + ": " + e.what();
    auto& rows = requests_[command.session.request.index()].rows;
    if (command.output != 0 && Rows::is_letter(command.output)) rows[command.output] = zeros(0);
    if (command.op == Op::embed || command.op == Op::run) rows[command.output] = zeros(command.count);
    if (command.op == Op::save) rows[command.output] = blank_piece(command);
    if (command.op == Op::keep) kept_[command.output].bytes = blank_piece(command);
  }
}

void Worker::dispatch(const Command& command) {
  const std::uint32_t index = command.session.request.index();
  if (command.op == Op::close) {
    requests_.erase(index);
    return;
  }
  if (command.op == Op::forget) return forget(command);
  if (command.op == Op::drop && !requests_.contains(index)) return;  // the request closed before its node heard of it
  Request& request = requests_[index];
  if (carry_out_audit(request, command)) return;
  switch (command.op) {
    case Op::open:
      request.prompt = command.first;
      request.capacity = command.first + command.count;
      return;
    case Op::embed:
      return embed(request, command);
    case Op::run:
      return run(request, command);
    case Op::save:
      return save(request, command);
    case Op::restore:
      return restore(request, command);
    case Op::keep:
      return keep(request, command);
    case Op::adopt:
      return adopt(request, command);
    case Op::sample:
      return sample(request, command);
    case Op::send:
      return send(command);
    case Op::drop:
      request.sessions.erase({command.session.node, command.session.leg});
      return;
    case Op::forget:
    case Op::close:
    default:  // not for a request, or not for this
      break;
  }
  fail_contract("precondition", "a command that a worker carries out", __FILE__, __LINE__);
}

Worker::Bytes Worker::encode(kernels::ConstMatrixView x) const {
  auto bytes = std::make_shared<std::vector<std::byte>>(kernels::encoded_bytes(setup_.wire, x.rows, x.cols));
  kernels::encode(setup_.wire, x, *bytes);
  return bytes;
}

Worker::Bytes Worker::zeros(Tokens rows) const {
  if (rows == 0) return std::make_shared<std::vector<std::byte>>();  // a letter
  const int hidden = setup_.model->config().hidden;
  return std::make_shared<std::vector<std::byte>>(kernels::encoded_bytes(setup_.wire, static_cast<int>(rows), hidden));
}

Worker::Bytes Worker::fetch(Request& request, Handle handle) const {
  auto& where = Rows::rank(handle) == rank_ ? request.rows : request.arrived;
  const auto found = where.find(handle);
  if (found == where.end()) throw ContractError("activation rows that no command produced");
  return found->second;
}

kernels::Matrix Worker::gather(Request& request, const Command& command) {
  Tokens rows = 0;
  for (Handle handle : command.inputs) rows += Rows::rows(handle);
  kernels::Matrix x(static_cast<int>(rows), setup_.model->config().hidden);
  int at = 0;
  for (Handle handle : command.inputs) {
    const int n = static_cast<int>(Rows::rows(handle));
    kernels::decode(setup_.wire, *fetch(request, handle), x.view().slice_rows(at, n));
    at += n;
  }
  return x;
}

void Worker::embed(Request& request, const Command& command) {
  if (request.tokens.empty()) request.tokens = setup_.prompts->tokens(command.session.request, request.prompt);
  EXPECT(command.first + command.count <= static_cast<Tokens>(request.tokens.size()));
  const auto ids = std::span(request.tokens)
                       .subspan(static_cast<std::size_t>(command.first), static_cast<std::size_t>(command.count));
  request.rows[command.output] = encode(model::embed(store_.embedding(), ids));
}

void Worker::run(Request& request, const Command& command) {
  if (!error_.empty()) {
    request.rows[command.output] = zeros(command.count);
    return;
  }
  kernels::Matrix x = gather(request, command);
  EXPECT(x.rows() == command.count);
  run_stage(store_, command.conduct, command.cache, static_cast<int>(command.first), x, cache(request, command),
            workspace_, noise(command.session, command.first), {}, experts_.get());
  request.rows[command.output] = encode(x);
}

// By what is asked, never by who computes it: the same noise on any number of ranks.
Draw Worker::noise(const SessionKey& session, Tokens first) const {
  return {
      setup_.seed, Stream::behaviour, session.node.index(),
      std::uint64_t{1} << 63 | std::uint64_t{session.request.index()} << 40 | static_cast<std::uint64_t>(first) << 20};
}

model::KvCache& Worker::cache(Request& request, const Command& command) {
  Session& session = request.sessions[{command.session.node, command.session.leg}];
  if (!session.cache) {
    session.cache = std::make_unique<model::KvCache>(setup_.model->config(), command.cache.begin, command.cache.end,
                                                     static_cast<int>(request.capacity));
  }
  return *session.cache;
}

Worker::Bytes Worker::blank_piece(const Command& command) const {
  const std::size_t entry = model::KvCache::entry_bytes(setup_.model->config(), kernels::KvType::fp32);
  return std::make_shared<std::vector<std::byte>>(entry * static_cast<std::size_t>(command.blocks.size()) *
                                                  static_cast<std::size_t>(command.count));
}

// A piece is laid out block by block, position by position.
void Worker::save(Request& request, const Command& command) {
  request.rows[command.output] = copy_out(request, command);
}

Worker::Bytes Worker::copy_out(Request& request, const Command& command) {
  Bytes bytes = blank_piece(command);
  if (!error_.empty()) return bytes;
  const model::KvCache& cached = cache(request, command);
  std::byte* to = bytes->data();
  for (int b = command.blocks.begin; b < command.blocks.end; ++b) {
    to = cached.copy_out(b, static_cast<int>(command.first), static_cast<int>(command.count), to);
  }
  return bytes;
}

void Worker::restore(Request& request, const Command& command) {
  if (!error_.empty()) return;
  copy_in(request, command, *fetch(request, command.inputs.front()));
}

void Worker::copy_in(Request& request, const Command& command, const std::vector<std::byte>& piece) {
  model::KvCache& to = cache(request, command);
  const std::byte* from = piece.data();
  const std::size_t block_bytes = piece.size() / static_cast<std::size_t>(command.blocks.size());
  for (int b = command.blocks.begin; b < command.blocks.end; ++b, from += block_bytes) {
    if (!command.cache.contains(b)) continue;
    to.copy_in(b, static_cast<int>(command.first), static_cast<int>(command.count), from);
  }
}

void Worker::keep(Request& request, const Command& command) {
  kept_[command.output].bytes = copy_out(request, command);
}

void Worker::adopt(Request& request, const Command& command) {
  const auto found = kept_.find(command.inputs.front());
  EXPECT(found != kept_.end());
  if (error_.empty()) copy_in(request, command, *found->second.bytes);
  if (++found->second.adopted == found->second.last) kept_.erase(found);
}

// Other requests may still have to adopt them.
void Worker::forget(const Command& command) {
  const auto found = kept_.find(command.output);
  EXPECT(found != kept_.end());
  found->second.last = command.count;
  if (found->second.adopted == command.count) kept_.erase(found);
}

void Worker::sample(Request& request, const Command& command) {
  const kernels::Matrix x = gather(request, command);
  const auto last = x.view().row_span(x.rows() - 1);
  const std::vector<float> logits = model::head(store_.head(), last, workspace_);
  const int token = pick(logits, command.session.request, command.first);
  EXPECT(command.first == static_cast<Tokens>(request.tokens.size()));
  request.tokens.push_back(token);
  generated_[command.session.request.index()].push_back(token);
}

int Worker::pick(std::span<const float> logits, RequestId request, Tokens position) {
  if (setup_.temperature == 0) return kernels::sample_greedy(logits);
  if (setup_.shared_seed)
    return sample_gumbel(logits, setup_.temperature, agreement(request).sampling_seed,
                         static_cast<std::uint32_t>(position));
  Draw draw(setup_.seed, Stream::sampling, request.index(), static_cast<std::uint64_t>(position));
  return kernels::sample_top_p(logits, static_cast<float>(setup_.temperature), static_cast<float>(setup_.top_p),
                               draw.uniform(), workspace_);
}

void Worker::send(const Command& command) {
  std::erase_if(outgoing_, [](Transfer& o) {
    int done = 0;
    MPI_Test(&o.request, &done, MPI_STATUS_IGNORE);
    return done != 0;
  });
  const auto request = requests_.find(command.session.request.index());
  Bytes bytes;
  if (request != requests_.end()) {
    const auto found = request->second.rows.find(command.output);
    if (found != request->second.rows.end()) bytes = found->second;
  }
  const bool missing = !bytes;
  if (missing) bytes = zeros(Rows::rows(command.output));
  Transfer out{MPI_REQUEST_NULL, command.output, bytes};
  MPI_Isend(bytes->data(), static_cast<int>(bytes->size()), MPI_BYTE, command.peer, Rows::tag(command.output), comm_,
            &out.request);
  outgoing_.push_back(out);
  if (missing) throw ContractError("rows to send that no command produced");
}

void Worker::warm_head() {
  const std::vector<float> row(static_cast<std::size_t>(setup_.model->config().hidden), 1.0F);
  model::head(store_.head(), row, workspace_);
}

std::shared_ptr<const std::vector<std::byte>> Worker::produced(RequestId request, Handle handle) {
  return fetch(requests_[request.index()], handle);
}

void Worker::accept(RequestId request, Handle handle, std::vector<std::byte> bytes) {
  requests_[request.index()].arrived[handle] = std::make_shared<std::vector<std::byte>>(std::move(bytes));
}

int Worker::token(RequestId request, Tokens position) const {
  const auto found = requests_.find(request.index());
  if (!error_.empty() || found == requests_.end()) return -1;
  EXPECT(position < static_cast<Tokens>(found->second.tokens.size()));
  return found->second.tokens[static_cast<std::size_t>(position)];
}

}  // namespace orrery::sim::execution
