#include "kernels/model/tokenizer.hpp"

#include <algorithm>

#include "kernels/contract.hpp"
#include "kernels/model/mapped_file.hpp"
#include "kernels/model/vocabulary.hpp"

namespace orrery::kernels::model {
namespace {

struct Size {
  int operator()(std::monostate) const { return 0; }
  template <class Words>
  int operator()(const Words& words) const {
    return static_cast<int>(words.tokens.size());
  }
};

}  // namespace

int size(const Vocabulary& vocabulary) { return std::visit(Size{}, vocabulary); }

std::shared_ptr<const Tokenizer> Tokenizer::make(const Vocabulary& vocabulary) {
  if (const auto* merges = std::get_if<MergeVocabulary>(&vocabulary)) return make_tokenizer(*merges);
  if (const auto* scores = std::get_if<ScoreVocabulary>(&vocabulary)) return make_tokenizer(*scores);
  return nullptr;
}

std::shared_ptr<const Tokenizer> Tokenizer::open(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  if (path.extension() == ".json") return parse_hf(path.string(), file->bytes());
  if (path.extension() == ".bin") return parse_llama2c(path.string(), file->bytes());
  fail_input(path.string(), "is not a tokenizer that can be read", "its name ends in neither .json nor .bin",
             "Give Hugging Face's tokenizer.json or llama2.c's tokenizer.bin.");
}

std::shared_ptr<const Tokenizer> Tokenizer::parse_hf(std::string place, std::string_view json,
                                                     std::string_view config_json) {
  return make_tokenizer(parse_hf_vocabulary(std::move(place), json, config_json));
}

std::shared_ptr<const Tokenizer> Tokenizer::parse_llama2c(const std::string& place, std::string_view bytes, int vocab) {
  ScoreVocabulary words = parse_llama2c_vocabulary(place, bytes);
  const int count = static_cast<int>(words.tokens.size());
  VALIDATE(vocab == 0 || count == vocab, place, "has " + std::to_string(count) + " tokens",
           "the model needs " + std::to_string(vocab));
  return make_tokenizer(std::move(words));
}

bool Tokenizer::is_eos(int id) const { return std::find(eos_.begin(), eos_.end(), id) != eos_.end(); }

}  // namespace orrery::kernels::model
