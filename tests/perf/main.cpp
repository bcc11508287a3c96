// perf_NAME --list           its cases, a line each
// perf_NAME --all            every case once, in that order: what analysis/perf_guard.py runs under callgrind
// perf_NAME CASE [TIMES]     one of them, for times and profilers
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "tests/perf/cases.hpp"

using namespace orrery::perf;

// What callgrind counts: from entry to return.
extern "C" __attribute__((noinline)) void measured(const Work* work) {
  (*work)();
  asm volatile("" ::: "memory");  // so that it returns here and is no jump
}

namespace {

void run(const std::string& name, const Prepare& prepare, int times) {
  try {
    const Work work = prepare();
    work();
    for (; times > 0; --times) measured(&work);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Cases all = cases();
  const std::string what = argc >= 2 ? argv[1] : "";
  if (what == "--list") {
    for (const auto& [name, prepare] : all) std::printf("%s\n", name.c_str());
    return 0;
  }
  if (what == "--all") {
    for (const auto& [name, prepare] : all) run(name, prepare, 1);
    return 0;
  }
  const auto found = all.find(what);
  if (found == all.end()) {
    std::fprintf(stderr, "usage: %s --list | --all | CASE [TIMES]\n", argv[0]);
    return 2;
  }
  run(what, found->second, argc >= 3 ? std::atoi(argv[2]) : 1);
  return 0;
}
