// GGUF, the format of llama.cpp, versions 2 and 3, little-endian.
//
//   header    "GGUF", version (u32), number of tensors (u64), number of keys (u64)
//   keys      each: name, type (u32), value; a string is its length (u64) and bytes, an array its element type (u32),
//             length (u64) and elements
//   tensors   each: name, number of dimensions (u32), the dimensions (u64, the fastest first), type (u32), offset (u64)
//             from the start of the data
//   data      from the next multiple of general.alignment (32 where it is not given) on; so starts every tensor
//
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/model/source.hpp"

namespace orrery::kernels::model {

enum class GgufType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

// A value still in the file. All sizes are checked: strings and arrays lie inside it.
struct GgufValue {
  GgufType type = GgufType::u8;  // of the elements, where it is an array
  bool is_array = false;
  std::uint64_t count = 1;
  std::size_t offset = 0;  // in the file, of the first element
  std::string_view bytes;  // all elements
};

// The container, before anything in it is understood. Tensors have their own names, shapes with the slowest dimension
// first, and whole-file offsets.
struct GgufFile {
  std::string place;
  std::uint32_t version = 0;
  std::map<std::string, GgufValue> values;
  TensorTable tensors;

  bool has(const std::string& key) const { return values.contains(key); }
  // Nothing if the key is not there; InputError naming key and offset if its value is of another kind.
  std::optional<std::int64_t> integer(const std::string& key) const;
  std::optional<double> real(const std::string& key) const;
  std::optional<bool> truth(const std::string& key) const;
  std::optional<std::string> text(const std::string& key) const;
  std::optional<std::vector<std::string>> texts(const std::string& key) const;
  std::optional<std::vector<std::int64_t>> integers(const std::string& key) const;  // a single one counts as a list
  std::optional<std::vector<float>> reals(const std::string& key) const;
};

// InputError for lying sizes, overlaps, gaps, unknown types, damage. Nothing is allocated that the file's own bytes do
// not pay for.
GgufFile parse_gguf_file(std::string place, std::string_view bytes);

// A model of the architecture "llama" (LLaMA, Mistral, Mixtral), under Hugging Face's names. Its query and key rows are
// stored for interleaved rotary embedding and used so, unless our own key orrery.rope.layout asks for the order back
// that the weights had before they were converted: then the bits of every result are those of the source.
Source parse_gguf(std::string place, std::string_view bytes);

// tokenizer.huggingface.json if it is there, otherwise tokenizer.ggml.*: "llama" (SentencePiece with scores) or "gpt2"
// (byte-level with merges, GPT-2's pattern).
void read_gguf_vocabulary(const GgufFile& file, Source& into);

inline constexpr const char* gguf_rope_key = "orrery.rope.layout";

}  // namespace orrery::kernels::model
