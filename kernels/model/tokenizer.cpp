#include "kernels/model/tokenizer.hpp"

#include <algorithm>

#include "kernels/contract.hpp"
#include "kernels/model/mapped_file.hpp"

namespace orrery::kernels::model {

std::shared_ptr<const Tokenizer> Tokenizer::open(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  if (path.extension() == ".json") return parse_hf(path.string(), file->bytes());
  if (path.extension() == ".bin") return parse_llama2c(path.string(), file->bytes());
  fail_input(path.string(), "is not a tokenizer that can be read", "its name ends in neither .json nor .bin",
             "Give Hugging Face's tokenizer.json or llama2.c's tokenizer.bin.");
}

bool Tokenizer::is_eos(int id) const { return std::find(eos_.begin(), eos_.end(), id) != eos_.end(); }

}  // namespace orrery::kernels::model
