// `orrery docs`: the pages under docs/ that the program prints from what it knows of itself. A test compares them.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace orrery::experiments {

// Every subcommand, argument and option, from the tree that parses them.
std::string cli_page(const CLI::App& app);

// The layout of a results file, from one that holds a tiny run of each kind, and what those runs measure.
std::string format_page();

// "cli", "format" or "keys" as text; with an empty name all three into `folder`, as CLI.md, FORMAT.md and KEYS.md, and
// their paths as text. InputError for another name, and for a file there that is none of these pages.
std::string docs_text(const CLI::App& app, const std::string& name, const std::string& folder);

}  // namespace orrery::experiments
