// A small diffusion model with random weights, as a manifest and its numbers.
#pragma once

#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "kernels/model/manifest.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {

struct DdpmBytes {
  nlohmann::json manifest{{"dtype", "float32-le"}, {"tensors", nlohmann::json::array()}};
  std::string data;

  void add(const std::string& name, const std::vector<int>& shape, const std::vector<float>& numbers) {
    manifest["tensors"].push_back(
        {{"name", name}, {"shape", shape}, {"offset", data.size()}, {"count", numbers.size()}});
    data.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
    manifest["bytes"] = data.size();
  }
  // Where a tensor lies in the list.
  nlohmann::json& tensor(const std::string& name) {
    for (auto& entry : manifest["tensors"])
      if (entry["name"] == name) return entry;
    ADD_FAILURE() << "no tensor " << name;
    return manifest["tensors"][0];
  }
  TensorTable table() const { return parse_manifest("m.json", manifest.dump(), "w.bin", data); }
};

struct DdpmSizes {
  int steps = 5, height = 6, width = 7, kernel = 3, frequencies = 3;
  std::vector<int> channels{1, 9, 5};  // of the image, then of each block
  int hidden = 12;                     // of the time layers
};

inline DdpmBytes ddpm_bytes(const DdpmSizes& s = {}, std::uint64_t seed = 1) {
  DdpmBytes out;
  Numbers numbers(seed);
  const auto random = [&](const std::string& name, const std::vector<int>& shape, float middle, float range) {
    std::vector<float> x(static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), 1, std::multiplies<>())));
    for (float& v : x) v = numbers.real(middle - range, middle + range);
    out.add(name, shape, x);
  };
  std::vector<float> beta, alpha;
  double left = 1;
  for (int t = 0; t <= s.steps; ++t) {
    beta.push_back(0.01F + 0.4F * static_cast<float>(t) / static_cast<float>(s.steps));
    alpha.push_back(static_cast<float>(left *= 1.0 - beta.back()));
  }
  out.add("beta_t", {s.steps + 1}, beta);
  out.add("alpha_t", {s.steps + 1}, alpha);
  random("gt.frequencies", {s.frequencies}, 10, 10);
  const int blocks = static_cast<int>(s.channels.size()) - 1;
  for (int b = 0; b < blocks; ++b) {
    const int in = s.channels[static_cast<std::size_t>(b)], to = s.channels[static_cast<std::size_t>(b) + 1];
    const std::string name = "gt.blocks." + std::to_string(b) + ".net.";
    random(name + "0.weight", {to, in, s.kernel, s.kernel}, 0, 0.4F);
    random(name + "0.bias", {to}, 0, 0.2F);
    random(name + "1.weight", {to, s.height, s.width}, 1, 0.3F);
    random(name + "1.bias", {to, s.height, s.width}, 0, 0.3F);
  }
  const std::string last = "gt.blocks." + std::to_string(blocks);
  random(last + ".weight", {s.channels[0], s.channels.back(), 3, 3}, 0, 0.3F);
  random(last + ".bias", {s.channels[0]}, 0, 0.1F);
  const int widths[] = {2 * s.frequencies, s.hidden, s.channels[1]};
  for (int layer = 0; layer < 2; ++layer) {
    const std::string name = "gt.time_embed." + std::to_string(2 * layer);
    random(name + ".weight", {widths[layer + 1], widths[layer]}, 0, 0.4F);
    random(name + ".bias", {widths[layer + 1]}, 0, 0.2F);
  }
  return out;
}

}  // namespace orrery::kernels::model
