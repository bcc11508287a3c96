#include "experiments/sample.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "experiments/bench_table.hpp"
#include "experiments/files.hpp"
#include "experiments/results.hpp"
#include "experiments/run_id.hpp"
#include "experiments/show.hpp"
#include "kernels/model/ddpm.hpp"
#include "kernels/model/manifest.hpp"

namespace orrery::experiments {
namespace {

namespace model = kernels::model;

constexpr float dark = -0.4F;  // below it a pixel is background: a tenth of the way from black (-0.5) to white (0.5)

struct Opened {
  std::string name;         // of the manifest's file
  std::string fingerprint;  // of the numbers
  model::Ddpm ddpm;
};

Opened open(const SampleArguments& a) {
  model::TensorTable tensors = model::open_manifest(a.model, a.weights);
  const std::string fingerprint = run_id(tensors.files[0].bytes);
  return {std::filesystem::path(a.model).filename().string(), fingerprint, model::make_ddpm(std::move(tensors))};
}

std::string subject(const Opened& m, std::uint64_t seed) {
  std::string quoted;
  for (const char c : m.name) quoted += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return fmt::format("sample.model = \"{}\"\nsample.weights = \"{}\"\nsample.seed = {}\n", quoted, m.fingerprint, seed);
}

sim::RunResult result_of(kernels::ConstMatrixView image) {
  double sum = 0, squares = 0, below = 0;
  for (const float v : image.row_span(0)) sum += v, below += v < dark;
  const double mean = sum / image.cols;
  for (const float v : image.row_span(0)) squares += (v - mean) * (v - mean);
  sim::RunResult result;
  result.metrics = {
      {"mean", "1", "of the pixels: -0.5 is black, 0.5 white", mean},
      {"deviation", "1", "standard deviation of the pixels", std::sqrt(squares / image.cols)},
      {"dark", "1", "share of pixels below -0.4", below / image.cols},
  };
  result.timeline = {{"pixel",
                      "1",
                      "channels, rows, columns one after another: -0.5 is black, 0.5 white",
                      {image.row_span(0).begin(), image.row_span(0).end()}}};
  return result;
}

Row row_of(const Opened& m, const SampleArguments& a, int i, kernels::ConstMatrixView images) {
  const std::uint64_t index = a.first + static_cast<std::uint64_t>(i);
  Row row;
  row.scenario = subject(m, a.seed) + fmt::format("sample.index = {}\n", index);
  row.id = run_id(row.scenario);
  row.status = Status::done;
  row.point_number = i;
  row.point = {{"sample.index", "", "number of the image among those of its seed", static_cast<double>(index)},
               {"sample.channels", "", "of the image", static_cast<double>(m.ddpm.channels())},
               {"sample.height", "pixel", "of the image", static_cast<double>(m.ddpm.height)},
               {"sample.width", "pixel", "of the image", static_cast<double>(m.ddpm.width)},
               {"sample.steps", "", "of the sampler", static_cast<double>(m.ddpm.steps())}};
  row.result = result_of(images.slice_rows(i, 1));
  return row;
}

// A few images a call, so that there is something to say in between.
void draw(const model::Ddpm& m, const SampleArguments& a, kernels::MatrixView images) {
  const kernels::Workspace choices({kernels::best_isa(), a.threads});
  const double begin = process_cpu_s();
  for (int i = 0; i < images.rows; i += a.threads) {
    const int count = std::min(a.threads, images.rows - i);
    sample(m, a.seed, a.first + static_cast<std::uint64_t>(i), images.slice_rows(i, count), choices);
    if (!a.quiet) fmt::print(stderr, "\rsample: {} of {} images", i + count, images.rows);
  }
  if (a.quiet) return;
  const double spent = process_cpu_s() - begin, flops = m.flops() * m.steps() * images.rows;
  fmt::print(stderr, "\nsample: {:.2f} s of processor time an image, {:.1f} GFLOP/s a thread ({})\n",
             spent / images.rows, flops / spent * 1e-9, kernels::name(kernels::best_isa()));
}

}  // namespace

std::string sample_text(const SampleArguments& a) {
  const Opened m = open(a);
  std::optional<OutputFile> file;  // a folder that cannot be written to is known before the work
  if (!a.out.empty()) file.emplace(a.out, "an Orrery results file", is_results_file);
  kernels::Matrix images(a.count, m.ddpm.numbers());
  draw(m.ddpm, a, images);
  const std::string config =
      subject(m, a.seed) + fmt::format("sample.first = {}\nsample.count = {}\n", a.first, a.count);
  std::vector<Row> rows;
  for (int i = 0; i < a.count; ++i) rows.push_back(row_of(m, a, i, images));
  const std::string bytes = results_image(config, rows);
  if (file) file->commit(bytes);
  return show_text(read_results(bytes, a.out.empty() ? "sample" : a.out));
}

}  // namespace orrery::experiments
