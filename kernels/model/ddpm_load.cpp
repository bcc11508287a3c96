// A Ddpm from named tensors: which there must be follows from how many blocks and time layers there are.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "kernels/model/ddpm.hpp"
#include "kernels/model/manifest.hpp"

namespace orrery::kernels::model {
namespace {

using Shape = std::vector<long long>;

class Loader {
 public:
  explicit Loader(TensorTable tensors) : table_(std::move(tensors)) {}

  bool has(const std::string& name) const { return table_.tensors.contains(name); }

  const Shape& shape(const std::string& name) const {
    VALIDATE(has(name), place(), "tensor '" + name + "' is missing", "the diffusion model needs it");
    return table_.tensors.at(name).shape;
  }

  // A dimension of -1 may be any.
  void must_be(const std::string& name, const Shape& want, const char* why) const {
    const Shape& found = shape(name);
    bool fits = found.size() == want.size();
    for (std::size_t i = 0; fits && i < want.size(); ++i) fits = want[i] == -1 || found[i] == want[i];
    VALIDATE(fits, place(), "tensor '" + name + "' has shape " + shape_text(found),
             shape_text(want) + " was expected: " + why + (any(want) ? "; -1 is any size" : ""));
  }

  // As [first dimension, all others], or one row.
  Matrix matrix(const std::string& name, bool one_row = false) {
    Tensor& tensor = table_.tensors.at(name);
    const long long rows = one_row ? 1 : tensor.shape[0];
    const long long all = std::accumulate(tensor.shape.begin(), tensor.shape.end(), 1LL, std::multiplies<>());
    VALIDATE(all <= 1 << 26, place(), "tensor '" + name + "' has shape " + shape_text(tensor.shape),
             "more than 2^26 numbers are not read");
    tensor.shape = {rows, all / rows};
    used_.insert(name);
    return table_.read(name);
  }
  std::vector<float> vector(const std::string& name) {
    const Matrix m = matrix(name, true);
    return {m.span().begin(), m.span().end()};
  }

  void nothing_is_left() const {
    for (const auto& [name, tensor] : table_.tensors)
      VALIDATE(used_.contains(name), place(), "tensor '" + name + "' is not expected",
               "leaving it out would change the model");
  }
  const std::string& place() const { return table_.files[0].place; }

 private:
  static bool any(const Shape& want) { return std::find(want.begin(), want.end(), -1) != want.end(); }

  TensorTable table_;
  std::set<std::string> used_;
};

// Of what is at `prefix`: planes keep their size only under square odd kernels.
PackedConv read_conv(Loader& from, const std::string& prefix, long long in, std::vector<float>& bias) {
  from.must_be(prefix + ".weight", {-1, in, -1, -1}, "[out, in, kernel, kernel]");
  const Shape shape = from.shape(prefix + ".weight");
  VALIDATE(shape[2] == shape[3] && shape[2] % 2 == 1, from.place(),
           "tensor '" + prefix + ".weight' has shape " + shape_text(shape), "kernels are square and odd");
  from.must_be(prefix + ".bias", {shape[0]}, "one bias a channel");
  bias = from.vector(prefix + ".bias");
  return PackedConv(from.matrix(prefix + ".weight"), static_cast<int>(shape[2]));
}

void read_blocks(Loader& from, Ddpm& m) {
  const std::string first = "gt.blocks.0.net.1.weight";
  from.must_be(first, {-1, -1, -1}, "[channels, height, width]");
  const Shape image = from.shape(first);
  VALIDATE(image[1] * image[2] <= 1 << 20, from.place(), "tensor '" + first + "' has shape " + shape_text(image),
           "a plane has at most 2^20 pixels");
  m.height = static_cast<int>(image[1]);
  m.width = static_cast<int>(image[2]);
  long long in = -1;  // of the first block: what the last convolution must give back
  int b = 0;
  for (std::string name = "gt.blocks.0"; from.has(name + ".net.0.weight"); name = "gt.blocks." + std::to_string(++b)) {
    DdpmBlock block;
    block.conv = read_conv(from, name + ".net.0", in, block.bias);
    in = block.conv.out();
    for (const char* part : {".net.1.weight", ".net.1.bias"})
      from.must_be(name + part, {in, m.height, m.width}, "the norm is over all channels and pixels of the block");
    block.norm_weight = from.vector(name + ".net.1.weight");
    block.norm_offset = from.vector(name + ".net.1.bias");
    m.blocks.push_back(std::move(block));
  }
  VALIDATE(b > 0, from.place(), "tensor 'gt.blocks.0.net.0.weight' is missing", "the model needs at least one block");
  m.last = read_conv(from, "gt.blocks." + std::to_string(b), in, m.last_bias);
  VALIDATE(m.last.out() == m.blocks[0].conv.in(), from.place(),
           "the last convolution gives " + std::to_string(m.last.out()) + " channels",
           "the first one reads " + std::to_string(m.blocks[0].conv.in()) + ", and noise looks like an image");
}

void read_time(Loader& from, Ddpm& m) {
  from.must_be("gt.frequencies", {-1}, "one number a frequency");
  m.frequencies = from.vector("gt.frequencies");
  for (const float f : m.frequencies)
    VALIDATE(std::abs(f) <= 0x1p19F, from.place(), "tensor 'gt.frequencies' holds " + std::to_string(f),
             "sines are computed up to 2^19");
  long long in = 2 * static_cast<long long>(m.frequencies.size());
  int layer = 0;  // odd numbers are the activations
  std::string name = "gt.time_embed.0";
  do {
    from.must_be(name + ".weight", {-1, in}, "[out, in], in being what the layer before gives");
    in = from.shape(name + ".weight")[0];
    from.must_be(name + ".bias", {in}, "one bias an output");
    m.time.emplace_back(from.matrix(name + ".weight"), from.vector(name + ".bias"));
    name = "gt.time_embed." + std::to_string(layer += 2);
  } while (from.has(name + ".weight"));
  VALIDATE(in == m.blocks[0].conv.out(), from.place(), "the time layers end in " + std::to_string(in) + " numbers",
           "they are added to the " + std::to_string(m.blocks[0].conv.out()) + " channels of block 0");
}

void read_schedule(Loader& from, Ddpm& m) {
  from.must_be("beta_t", {-1}, "one number a step, and one for step 0");
  from.must_be("alpha_t", from.shape("beta_t"), "one number for each beta");
  m.beta = from.vector("beta_t");
  m.alpha = from.vector("alpha_t");
  VALIDATE(m.steps() >= 1, from.place(), "tensor 'beta_t' has 1 number", "step 0 alone is no schedule");
  for (std::size_t t = 1; t < m.beta.size(); ++t) {
    const std::string at = "[" + std::to_string(t) + "] = ";
    VALIDATE(m.beta[t] > 0.0F && m.beta[t] < 1.0F, from.place(), "beta_t" + at + std::to_string(m.beta[t]),
             "it is a share of noise, between 0 and 1");
    VALIDATE(m.alpha[t] > 0.0F && m.alpha[t] < m.alpha[t - 1] && m.alpha[t] < 1.0F, from.place(),
             "alpha_t" + at + std::to_string(m.alpha[t]), "it falls from 1 towards 0 as noise is added");
  }
}

}  // namespace

Ddpm make_ddpm(TensorTable tensors) {
  Loader from(std::move(tensors));
  Ddpm model;
  read_blocks(from, model);
  read_time(from, model);
  read_schedule(from, model);
  from.nothing_is_left();
  return model;
}

Ddpm open_ddpm(const std::filesystem::path& manifest, const std::filesystem::path& weights) {
  return make_ddpm(open_manifest(manifest, weights));
}

}  // namespace orrery::kernels::model
