#include "experiments/docs.hpp"

#include <array>
#include <cctype>

#include "experiments/explain.hpp"
#include "experiments/files.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments {
namespace {

constexpr std::array<const char*, 3> names{"cli", "format", "keys"};

std::string page(const CLI::App& app, const std::string& name) {
  if (name == "cli") return cli_page(app);
  return name == "format" ? format_page() : markdown_text();
}

bool is_page(const std::string& path) {
  return read_file(path).find("\nPrinted by `orrery docs ") != std::string::npos;
}

}  // namespace

std::string docs_text(const CLI::App& app, const std::string& name, const std::string& folder) {
  VALIDATE(name.empty() != folder.empty(), "orrery docs", "needs a NAME or --into FOLDER, and not both",
           "one page is printed, or all are written");
  if (!name.empty()) return page(app, name);
  std::string written;
  for (const std::string each : names) {
    std::string path = folder + "/";
    for (const char c : each) path += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    path += ".md";
    OutputFile(path, "a page that `orrery docs` printed", is_page).commit(page(app, each));
    written += path + "\n";
  }
  return written;
}

}  // namespace orrery::experiments
