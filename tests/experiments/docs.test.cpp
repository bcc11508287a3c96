#include "experiments/docs.hpp"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "experiments/plugin.hpp"

namespace orrery::experiments {
namespace {

TEST(Docs, TheCommandLineIsToldFromTheTreeThatParsesIt) {
  CLI::App app("what it is", "program");
  app.option_defaults()->always_capture_default();
  std::string file, name;
  int count = 3;
  CLI::App* outer = app.add_subcommand("outer", "not shown itself");
  CLI::App* inner = outer->add_subcommand("inner", "does something");
  CLI::Option* given = inner->add_option("FILE", file, "a file")->required();
  inner->add_option("--count", count, "this | that")->check(CLI::Range(1, 9))->excludes(given);
  inner->add_option("--name", name, "of it");
  bool quick = false;
  inner->add_flag("--quick", quick, "less of it");
  const std::string page = cli_page(app);
  EXPECT_EQ(page.find("\n## program outer\n"), std::string::npos);
  EXPECT_NE(page.find("\n## program outer inner\n\ndoes something.\n\n    program outer inner FILE [OPTIONS]\n"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("| `FILE` | TEXT | required | a file"), std::string::npos) << page;
  EXPECT_NE(page.find("| `--count` | INT in [1 - 9] | `3` | this \\| that (not beside `FILE`) |"), std::string::npos)
      << page;
  EXPECT_NE(page.find("| `--name` | TEXT |  | of it |"), std::string::npos) << page;
  EXPECT_NE(page.find("| `--quick` |  |  | less of it |"), std::string::npos) << page;
}

TEST(Docs, TheFormatIsThatOfAFileWithRunsOfEveryKind) {
  const std::string page = format_page();
  for (const char* path :
       {"`/id` | S16 | [n]", "`/metric/*` | f64 | [n]", "`/point/*` | f64 or text | [n] | axis, unit, what",
        "`/series/*` | f64 | [n, t]", "`/request/run` | i64 | [m]", "`/text` | string | [m]"})
    EXPECT_NE(page.find(path), std::string::npos) << path << "\n" << page.substr(0, 4000);
  for (const char* metric : {"`goodput`", "`placement_flow`", "`profit_gap`", "`ttft`"})
    EXPECT_NE(page.find(std::string("| ") + metric), std::string::npos) << metric;
}

TEST(Plugin, TheStampIsFoundInBytes) {
  EXPECT_NE(plugin_stamp().find(", headers "), std::string_view::npos);
  const std::string stamped = "abc\norrery-plugin-stamp:GCC 1, headers 2" + std::string(1, '\0') + "def";
  EXPECT_EQ(plugin_stamp_in(stamped), "GCC 1, headers 2");
  EXPECT_EQ(plugin_stamp_in("nothing"), "");
}

}  // namespace
}  // namespace orrery::experiments
