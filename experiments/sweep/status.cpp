#include "experiments/sweep/status.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "experiments/files.hpp"
#include "experiments/results.hpp"
#include "experiments/sweep/spool.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments::sweep {
namespace {

std::string unfinished_text(const std::string& path, const Noteds& noted) {
  const auto count = [&](Status status) {
    return std::count_if(noted.rows.begin(), noted.rows.end(), [&](const Noted& n) { return n.head.status == status; });
  };
  const auto who = holder(path);
  std::string text = fmt::format("{}: unfinished, {}\n", path,
                                 who ? "running: " + *who : "nobody runs it; the same command goes on with it");
  if (!noted.identity) return text + "no run has ended yet\n";
  text += fmt::format("{} of {} runs ended, {} failed (commit {}, sweep {})\n", noted.rows.size(), noted.identity->rows,
                      count(Status::failed), noted.identity->commit, noted.identity->plan);
  for (const Noted& n : noted.rows) {
    if (n.head.status != Status::failed) continue;
    text += fmt::format("failed {}: {}\n", n.head.id, decode_row(noted.bytes(n), noted.names(n)).reason);
  }
  return text;
}

std::string stored_text(const std::string& path) {
  const StoredResults r = read_results(read_file(path), path);
  const auto count = [&](Status status) { return std::count(r.status.begin(), r.status.end(), status); };
  std::string text =
      fmt::format("{}: {} of {} runs done, {} failed, {} to do (commit {}{})\n", path, count(Status::done), r.id.size(),
                  count(Status::failed), count(Status::todo), r.commit, r.plan.empty() ? "" : ", sweep " + r.plan);
  for (std::size_t i = 0; i < r.id.size(); ++i) {
    if (r.status[i] == Status::failed) text += fmt::format("failed row {} ({}): {}\n", i, r.id[i], r.reason[i]);
  }
  return text;
}

}  // namespace

std::string status_text(const std::string& path) {
  const bool stored = std::filesystem::exists(path), unfinished = std::filesystem::exists(spool_folder(path));
  VALIDATE(stored || unfinished, path, "there is no such sweep",
           "neither this results file nor an unfinished one of its name exists");
  std::string text;
  if (unfinished) text += unfinished_text(path, read_spool(spool_folder(path)));
  if (stored) text += stored_text(path);
  return text;
}

}  // namespace orrery::experiments::sweep
