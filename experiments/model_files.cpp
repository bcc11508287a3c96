#include "experiments/model_files.hpp"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "data/facts.hpp"
#include "experiments/files.hpp"
#include "experiments/model_info.hpp"
#include "experiments/output_folder.hpp"
#include "kernels/model/random.hpp"
#include "kernels/model/writers.hpp"
#include "sim/workload/model_shape.hpp"

namespace orrery::experiments {
namespace {

namespace fs = std::filesystem;
namespace model = kernels::model;

constexpr std::int64_t most_random_parameters = 1LL << 31;  // they are made in memory, 8 GiB in f32

std::optional<model::Dtype> dtype_named(const std::string& dtype) {
  for (const model::Dtype known : {model::Dtype::f32, model::Dtype::bf16, model::Dtype::q8_0, model::Dtype::q4_0})
    if (dtype == name(known)) return known;
  VALIDATE(dtype.empty(), "--dtype", "unknown dtype '" + dtype + "'", "no writer makes it",
           "Known: f32, bf16, q8_0, q4_0.");
  return std::nullopt;
}

// The file is checked before anything is written beside it.
OutputFile new_file(const std::string& path) {
  VALIDATE(!fs::exists(path), path, "would be overwritten", "it exists", "Choose another name, or remove it first.");
  return {path, "a model", [](const std::string&) { return false; }};
}

void write_file(const std::string& path, std::string_view bytes) { new_file(path).commit(bytes); }

void write_gguf_file(const model::Source& source, std::optional<model::Dtype> dtype, const std::string& path) {
  OutputFile file = new_file(path);
  write_gguf(source, dtype, [&file](std::string_view bytes) { file.write(bytes); });
  file.commit();
}

void write_folder(const model::Source& source, std::optional<model::Dtype> dtype, const std::string& path) {
  OutputFolder folder(path);
  OutputFile weights = new_file(folder.file("model.safetensors"));
  write_safetensors(source, dtype, [&weights](std::string_view bytes) { weights.write(bytes); });
  weights.commit();
  write_file(folder.file("config.json"), hf_config_json(source));
  const std::string tokenizer = hf_tokenizer_json(source);
  if (!tokenizer.empty()) write_file(folder.file("tokenizer.json"), tokenizer);
  folder.commit();
}

// Before the source is opened or made, which may take long.
void check_name(const std::string& out) {
  const std::string ending = fs::path(out).extension();
  VALIDATE(ending != ".safetensors" && ending != ".bin" && ending != ".json", out,
           "does not name what would be written", "safetensors weights need config.json beside them",
           "Give the name of a new folder, or of a .gguf file.");
}

// What was written, read again.
std::string write_model(const model::Source& source, std::optional<model::Dtype> dtype, const std::string& out) {
  if (fs::path(out).extension() == ".gguf")
    write_gguf_file(source, dtype, out);
  else
    write_folder(source, dtype, out);
  return fmt::format("{}\n", out) + model_info_text(out, "");
}

model::Config config_of(const sim::workload::ModelShape& s, int context) {
  VALIDATE(s.gated && !s.biases && !s.embedding_norm, "SHAPE", "'" + s.name + "' is no Llama or Mixtral",
           "its blocks have biases or an MLP without gate, which no kernel computes");
  VALIDATE(s.parameters() <= most_random_parameters, "SHAPE",
           "'" + s.name + "' has " + std::to_string(s.parameters()) + " parameters",
           "random weights are made in memory, at most " + std::to_string(most_random_parameters) + " of them");
  model::Config c;
  c.layers = s.layers, c.hidden = s.hidden, c.heads = s.heads, c.kv_heads = s.kv_heads, c.head_dim = s.head_dim;
  c.ffn = s.ffn, c.experts = s.experts, c.experts_active = s.experts_active;
  c.vocab = s.vocab, c.tied = s.tied, c.context = context;
  return c;
}

void add_embedded_tokenizer(model::Source& source) {
  const std::string_view json = data::fact("model/tokenizer.json");
  const model::MergeVocabulary words =
      model::parse_hf_vocabulary("embedded tokenizer", json, data::fact("model/config.json"));
  if (static_cast<int>(words.tokens.size()) > source.config.vocab) return;
  source.vocabulary = words;
  source.tokenizer_json = json;
}

}  // namespace

std::string convert_model(const ConvertArguments& a) {
  const std::optional<model::Dtype> dtype = dtype_named(a.dtype);
  check_name(a.out);
  return write_model(model::open_source(a.in, a.tokenizer), dtype, a.out);
}

std::string random_model(const RandomModelArguments& a) {
  const std::optional<model::Dtype> dtype = dtype_named(a.dtype);
  check_name(a.out);
  const model::Config config = config_of(sim::workload::model_shape(a.shape, "SHAPE"), a.context);
  model::Source source = model::random_source(config, a.seed, "SHAPE");
  add_embedded_tokenizer(source);
  return write_model(source, dtype, a.out);
}

}  // namespace orrery::experiments
