// The loop of a computing rank and its closing report.
#include <cstdint>
#include <vector>

#include "sim/execution/worker.hpp"

namespace orrery::sim::execution {

void Worker::serve() {
  std::vector<std::uint64_t> stream;
  for (;;) {
    MPI_Status status;
    int words = 0;
    MPI_Probe(0, tag_commands, comm_, &status);
    MPI_Get_count(&status, MPI_UINT64_T, &words);
    stream.resize(static_cast<std::size_t>(words));
    MPI_Recv(stream.data(), words, MPI_UINT64_T, 0, tag_commands, comm_, MPI_STATUS_IGNORE);
    for (std::size_t at = 0; at < stream.size();) {
      const Command command = take(stream, at);
      if (command.op == Op::finish) return report();
      if (command.op == Op::token) {
        const int token = this->token(command.session.request, command.first);
        MPI_Send(&token, 1, MPI_INT, 0, tag_token, comm_);
      } else {
        carry_out(command);
      }
    }
  }
}

// [request, count, tokens...]*, then the error text.
void Worker::report() const {
  std::vector<int> words;
  for (const auto& [request, tokens] : generated_) {
    words.push_back(static_cast<int>(request));
    words.push_back(static_cast<int>(tokens.size()));
    words.insert(words.end(), tokens.begin(), tokens.end());
  }
  MPI_Send(words.data(), static_cast<int>(words.size()), MPI_INT, 0, tag_report, comm_);
  MPI_Send(error_.data(), static_cast<int>(error_.size()), MPI_CHAR, 0, tag_report, comm_);
}

}  // namespace orrery::sim::execution
