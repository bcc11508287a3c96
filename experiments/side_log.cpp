#include "experiments/side_log.hpp"

#include <array>
#include <ctime>

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "experiments/files.hpp"
#include "experiments/version.hpp"

namespace orrery::experiments {
namespace {

constexpr const char* format_name = "orrery-log";

std::string host() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

std::string side_log_json(const SideLog& log) {
  nlohmann::ordered_json json;
  json["format"] = format_name;
  json["id"] = log.id;
  json["command"] = log.command;
  json["date"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  json["host"] = host();
  json["ranks"] = log.ranks;
  json["threads"] = log.threads;
  json["wall_s"] = log.wall_s;
  json["version"] = version();
  json["commit"] = commit();
  json["compiler"] = __VERSION__;
  json["lines"] = log.lines;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

bool is_side_log(const std::string& bytes) {
  const auto json = nlohmann::json::parse(bytes, nullptr, false);
  return json.is_object() && json.contains("format") && json["format"] == format_name;
}

bool is_side_log_file(const std::string& path) { return is_side_log(read_file(path)); }

}  // namespace orrery::experiments
