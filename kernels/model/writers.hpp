// Model files from a source: every number widened exactly, then stored in the dtype that is asked for.
//
// A file made from another one gives the same bits in every computation if its dtype holds the numbers: the order of
// query and key rows that the format prescribes is noted in the file (gguf_rope_key, hf_rope_key) and undone when it is
// read. Whoever does not know the note reads an ordinary file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/model/source.hpp"

namespace orrery::kernels::model {

// Takes the bytes of a file, in order.
using Sink = std::function<void(std::string_view bytes)>;

// dtype: of the matrices, as they are stored in the source where it is left out. Norms are fp32 in GGUF. InputError if
// the format has no such dtype, a row is no multiple of its block, or a weight is NaN or infinite.
void write_gguf(const Source& source, std::optional<Dtype> dtype, const Sink& sink);
void write_safetensors(const Source& source, std::optional<Dtype> dtype, const Sink& sink);

// What lies beside a safetensors file.
std::string hf_config_json(const Source& source);
// The source's own, or one that splits texts alike; empty if there is no vocabulary.
std::string hf_tokenizer_json(const Source& source);

// One tensor of a file to be written: the source's tensors that follow each other in it.
struct Planned {
  std::vector<std::string> parts;
  Dtype dtype = Dtype::f32;
  std::vector<long long> shape;
  std::size_t bytes = 0;
};
Planned plan(const Source& source, std::vector<std::string> parts, Dtype dtype);
// layout: how the format stores query and key rows.
void write_rows(const Source& source, const Planned& planned, RopeLayout layout, const Sink& sink);

}  // namespace orrery::kernels::model
