// The loop of a computing rank and its closing report.
#include <cstdint>
#include <iterator>
#include <vector>

#include "sim/execution/patience.hpp"
#include "sim/execution/worker.hpp"

namespace orrery::sim::execution {
namespace {
// Commands that a rank takes in before it carries some out: enough to find work while requests wait, and a bound.
constexpr std::size_t most_waiting = 8192;
}  // namespace

void Worker::serve() {
  Patience patience;
  for (bool finishing = false; !finishing || waiting_ > 0;) {
    // Each look into MPI may give the core away, so there are few: for commands when they run low, for rows once a
    // round.
    if (!finishing && waiting_ < most_waiting / 2) take_commands(finishing);
    take_letters();
    take_rows();
    bool progress = experts_ && experts_->serve();
    for (auto line = lines_.begin(); line != lines_.end();) {
      if (!line->second.asked) ask(line->first, line->second);
      if (ready(line->second)) {
        carry_out_first(line->first, line->second);
        progress = true;
      }
      line = line->second.commands.empty() ? lines_.erase(line) : std::next(line);
    }
    if (progress) {
      patience.renew();
    } else {
      patience.pause();
    }
  }
  report();
}

void Worker::take_commands(bool& finishing) {
  std::vector<std::uint64_t> stream;
  while (waiting_ < most_waiting) {
    MPI_Status status;
    int found = 0;
    MPI_Iprobe(0, tag_commands, comm_, &found, &status);
    if (found == 0) return;
    int words = 0;
    MPI_Get_count(&status, MPI_UINT64_T, &words);
    stream.resize(static_cast<std::size_t>(words));
    MPI_Recv(stream.data(), words, MPI_UINT64_T, 0, tag_commands, comm_, MPI_STATUS_IGNORE);
    for (std::size_t at = 0; at < stream.size();) {
      Command command = take(stream, at);
      if (command.op == Op::finish) {
        finishing = true;
        continue;
      }
      lines_[command.session.request.index()].commands.push_back(std::move(command));
      ++waiting_;
    }
  }
}

void Worker::ask(std::uint32_t request, Line& line) {
  line.asked = true;
  for (const Handle handle : line.commands.front().inputs) {
    if (Rows::rank(handle) == rank_) continue;
    if (Rows::is_letter(handle)) {
      letters_.emplace_back(request, handle);
      ++line.missing;
      continue;
    }
    const Command& first = line.commands.front();
    const Bytes bytes = first.op == Op::restore ? blank_piece(first) : zeros(Rows::rows(handle));
    requests_[request].arrived[handle] = bytes;
    incoming_.emplace_back(MPI_REQUEST_NULL);
    incoming_for_.emplace_back(request, handle);
    MPI_Irecv(bytes->data(), static_cast<int>(bytes->size()), MPI_BYTE, Rows::rank(handle), Rows::tag(handle), comm_,
              &incoming_.back());
    ++line.missing;
  }
}

// What is to be adopted may still have to be kept, by another request's line.
bool Worker::ready(const Line& line) const {
  const Command& first = line.commands.front();
  return line.missing == 0 && (first.op != Op::adopt || kept_.contains(first.inputs.front()));
}

// The size of a letter comes with it.
void Worker::take_letters() {
  std::erase_if(letters_, [this](const auto& letter) {
    const auto [request, handle] = letter;
    MPI_Status status;
    int found = 0;
    MPI_Iprobe(Rows::rank(handle), Rows::tag(handle), comm_, &found, &status);
    if (found == 0) return false;
    int size = 0;
    MPI_Get_count(&status, MPI_BYTE, &size);
    const auto bytes = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(size));
    requests_[request].arrived[handle] = bytes;
    incoming_.emplace_back(MPI_REQUEST_NULL);
    incoming_for_.emplace_back(request, handle);
    MPI_Irecv(bytes->data(), size, MPI_BYTE, Rows::rank(handle), Rows::tag(handle), comm_, &incoming_.back());
    return true;
  });
}

void Worker::take_rows() {
  if (incoming_.empty()) return;
  std::vector<int> done(incoming_.size());
  int count = 0;
  MPI_Testsome(static_cast<int>(incoming_.size()), incoming_.data(), &count, done.data(), MPI_STATUSES_IGNORE);
  for (int i = 0; i < count; ++i)
    --lines_.at(incoming_for_[static_cast<std::size_t>(done[static_cast<std::size_t>(i)])].first).missing;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < incoming_.size(); ++i) {
    if (incoming_[i] == MPI_REQUEST_NULL) continue;
    incoming_[kept] = incoming_[i];
    incoming_for_[kept++] = incoming_for_[i];
  }
  incoming_.resize(kept);
  incoming_for_.resize(kept);
}

void Worker::carry_out_first(std::uint32_t request, Line& line) {
  const Command command = std::move(line.commands.front());
  line.commands.pop_front();
  --waiting_;
  line.asked = false;
  if (command.op == Op::token) {
    const int token = this->token(command.session.request, command.first);
    MPI_Send(&token, 1, MPI_INT, 0, tag_token, comm_);
    return;
  }
  if (command.op == Op::verdict) return send_verdict(command);
  carry_out(command);
  const auto found = requests_.find(request);
  if (found != requests_.end()) found->second.arrived.clear();
}

void Worker::send_verdict(const Command& command) {
  const Judgement j = judgement(command.session.request, command.ticket);
  const double words[verdict_words] = {j.score, j.malformed ? 1.0 : 0.0,
                                       j.as_published ? (*j.as_published ? 1.0 : 0.0) : -1.0};
  MPI_Send(words, verdict_words, MPI_DOUBLE, 0, tag_verdict, comm_);
}

// [request, count, tokens...]*, then [request, nats, agreed, tokens]* of reviews, then the error text. Other ranks may
// still ask this one's experts: rank 0 takes reports one after the other.
void Worker::report() {
  std::vector<int> words;
  for (const auto& [request, tokens] : generated_) {
    words.push_back(static_cast<int>(request));
    words.push_back(static_cast<int>(tokens.size()));
    words.insert(words.end(), tokens.begin(), tokens.end());
  }
  std::vector<double> reviews;
  for (const auto& [request, r] : reviews_) {
    reviews.insert(reviews.end(), {static_cast<double>(request), r.nats, static_cast<double>(r.agreed),
                                   static_cast<double>(r.tokens)});
  }
  MPI_Request requests[3];
  MPI_Isend(words.data(), static_cast<int>(words.size()), MPI_INT, 0, tag_report, comm_, &requests[0]);
  MPI_Isend(reviews.data(), static_cast<int>(reviews.size()), MPI_DOUBLE, 0, tag_report, comm_, &requests[1]);
  MPI_Isend(error_.data(), static_cast<int>(error_.size()), MPI_CHAR, 0, tag_report, comm_, &requests[2]);
  if (experts_) {
    experts_->serve_until_done(requests);
    experts_->finish();
  } else {
    MPI_Waitall(3, requests, MPI_STATUSES_IGNORE);
  }
}

}  // namespace orrery::sim::execution
