// What is true of one execution only, and therefore no part of a results file: where, when, how long, on how much.
#pragma once

#include <string>
#include <vector>

namespace orrery::experiments {

struct SideLog {
  std::string id;
  std::vector<std::string> command;
  int ranks = 1;
  int threads = 1;
  double wall_s = 0;
  std::vector<std::string> lines;  // what the run had to say
};

// JSON with the above, the host, the date, version, commit and compiler.
std::string side_log_json(const SideLog& log);

// Whether the bytes are what side_log_json writes; for OutputFile.
bool is_side_log(const std::string& bytes);
bool is_side_log_file(const std::string& path);

}  // namespace orrery::experiments
