// `orrery sample`: images from a diffusion model, as a results file (results.hpp) with a row an image: its number and
// size under /point, its statistics under /metric, and under /series/pixel its pixels [images, channels * height *
// width] in place of samples over time.
#pragma once

#include <cstdint>
#include <string>

namespace orrery::experiments {

struct SampleArguments {
  std::string model;        // manifest (kernels/model/manifest.hpp)
  std::string weights;      // its numbers; empty: beside it
  std::string out;          // results file, HDF5; empty: none
  std::uint64_t seed = 1;   // with the image's number all that an image depends on
  std::uint64_t first = 0;  // number of the first image
  int count = 1;
  int threads = 1;
  bool quiet = false;  // no talk on stderr
};

// Draws the images and gives a table of their statistics; the time they took goes to stderr. InputError for a model
// that cannot be read or a file that cannot be written.
std::string sample_text(const SampleArguments& arguments);

}  // namespace orrery::experiments
