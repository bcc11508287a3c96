#include "experiments/bench_child.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <sys/wait.h>
#include <unistd.h>

#include "kernels/contract.hpp"

namespace orrery::experiments {
namespace {

// Never returns: neither destructors of the parent's objects nor MPI's end belong into the child.
[[noreturn]] void be_the_child(int to, const std::vector<std::pair<std::string, std::string>>& environment,
                               const std::function<std::string()>& measure) {
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  std::string text;
  int status = 0;
  try {
    text = measure();
  } catch (const std::exception& error) {
    text = error.what();
    status = 1;
  }
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = write(to, text.data() + at, text.size() - at);
    if (written <= 0) _exit(1);
    at += static_cast<std::size_t>(written);
  }
  _exit(status);
}

}  // namespace

std::string in_child(const std::vector<std::pair<std::string, std::string>>& environment,
                     const std::function<std::string()>& measure) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw RunError("no pipe for a benchmark's child");
  std::fflush(nullptr);  // or both would print what is waiting
  const pid_t child = fork();
  if (child < 0) throw RunError("no child for a benchmark");
  if (child == 0) {
    close(ends[0]);
    be_the_child(ends[1], environment, measure);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = read(ends[0], piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
    throw RunError("a benchmark's child died" +
                   (WIFSIGNALED(status) ? " of signal " + std::to_string(WTERMSIG(status)) : std::string()));
  if (WEXITSTATUS(status) != 0) throw RunError(text.empty() ? "a benchmark's child failed" : text);
  return text;
}

}  // namespace orrery::experiments
