#include "experiments/plugin.hpp"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include <cxxabi.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "experiments/files.hpp"
#include "experiments/hash.hpp"
#include "kernels/contract.hpp"
#include "sim/config/plugin.hpp"

extern "C" const char orrery_plugin_stamp[];  // plugin_stamp.cpp

namespace orrery::experiments {
namespace {

constexpr std::string_view how_to_build = "Build it with orrery_plugin() of this program's experiments/plugin.cmake.";

std::string_view marker() {
  const std::string_view whole = orrery_plugin_stamp;
  return whole.substr(0, whole.find(':') + 1);
}

// The dynamic linker's words, without the path that they begin with, and with the name of a function in place of its
// symbol.
std::string linker_says(const std::string& path) {
  const char* said = dlerror();
  std::string reason = said ? said : "the dynamic linker gives no reason";
  if (reason.starts_with(path + ": ")) reason.erase(0, path.size() + 2);
  const std::size_t symbol = reason.find("_Z");
  if (symbol == std::string::npos) return reason;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(reason.c_str() + symbol, nullptr, nullptr, nullptr), &std::free);
  return name ? reason.substr(0, symbol) + name.get() : reason;
}

// What can be known of a plugin before it runs; its hash.
std::string inspect(const std::string& path) {
  const std::string bytes = read_file(path);
  const std::string_view stamp = plugin_stamp_in(bytes);
  VALIDATE(!stamp.empty(), path, "is no plugin of Orrery", "it carries no stamp of one", std::string(how_to_build));
  VALIDATE(stamp == plugin_stamp(), path, "was built for another program",
           fmt::format("it needs {}; this is {}", stamp, plugin_stamp()), "Build it again beside this program.");
  return hash_hex(bytes, 8);
}

void load(const std::string& path, const std::string& hash) {
  VALIDATE(hash_hex(read_file(path), 8) == hash, path, "differs between ranks", "all ranks must run the same policies",
           "Put it where every machine sees the same file.");
  const std::string absolute = std::filesystem::absolute(path);  // a bare name would be looked for elsewhere
  sim::config::boarding() = {hash, {}, {}};
  const void* handle = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: the registries hold its code
  const sim::config::Boarding brought = std::exchange(sim::config::boarding(), {});
  VALIDATE(handle, path, "cannot be loaded", linker_says(absolute), std::string(how_to_build));
  VALIDATE(brought.refused.empty(), path, "brings a policy '" + brought.refused.front() + "'",
           "another policy of this kind has that name", "Choose another name in its about().");
  VALIDATE(!brought.names.empty(), path, "brings no policy", "nothing in it was registered",
           "Write ORRERY_REGISTER(Kind, Class); after the class.");
}

}  // namespace

std::string_view plugin_stamp() { return std::string_view(orrery_plugin_stamp).substr(marker().size()); }

std::string_view plugin_stamp_in(std::string_view bytes) {
  const std::size_t found = bytes.find(marker());
  if (found == std::string_view::npos) return {};
  const std::string_view stamp = bytes.substr(found + marker().size());
  return stamp.substr(0, stamp.find('\0'));
}

void load_plugins(const std::vector<std::string>& paths, const Ranks& ranks) {
  std::vector<std::string> loaded;
  for (const std::string& path : paths) {
    const std::string hash = ranks.on_root([&] { return inspect(path); });
    for (std::size_t i = 0; i < loaded.size(); ++i) {
      VALIDATE(loaded[i] != hash, path, "is loaded already", "it is the same file as " + paths[i], "Give it once.");
    }
    Ranks::Outcome mine;
    try {
      load(path, hash);
    } catch (const InputError& error) {
      mine = {2, error.what()};
    }
    const Ranks::Outcome all = ranks.settle(mine);
    if (all.code != 0) throw InputError(all.message);
    loaded.push_back(hash);
  }
}

}  // namespace orrery::experiments
