#include "experiments/version.hpp"

#include <array>

#include <fmt/format.h>
#include <hdf5.h>
#include <mpi.h>

#include "experiments/results.hpp"

namespace orrery::experiments {

std::string_view version() { return ORRERY_VERSION; }

std::string_view commit() {
  return
#include "experiments/commit.inc"
      ;
}

std::string version_text() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> mpi{};
  int length = 0;
  MPI_Get_library_version(mpi.data(), &length);
  const std::string library(mpi.data(), static_cast<std::size_t>(length));
  return fmt::format("orrery {} (commit {})\nresults version {}, file format {}\n{}\n{}, {}\n", version(), commit(),
                     results_version, results_format, __VERSION__, library.substr(0, library.find(',')), H5_VERS_INFO);
}

}  // namespace orrery::experiments
