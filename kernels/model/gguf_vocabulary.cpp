#include <algorithm>
#include <cmath>

#include "kernels/model/gguf.hpp"

namespace orrery::kernels::model {
namespace {

using Kind = ScoreVocabulary::Kind;

constexpr std::string_view blank = "\u2581";

// The keys that all tokenizers have.
struct Common {
  std::vector<std::string> tokens;
  std::vector<std::int64_t> kinds;  // 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
  int bos = -1;
  std::vector<int> eos;
};

int id_in(const GgufFile& file, const std::string& key, std::size_t tokens) {
  const std::int64_t id = file.integer(key).value_or(-1);
  VALIDATE(id < static_cast<std::int64_t>(tokens), file.place, key + " = " + std::to_string(id) + " is not a token",
           "the tokenizer has " + std::to_string(tokens));
  return id < 0 ? -1 : static_cast<int>(id);
}

void read_ends(const GgufFile& file, std::size_t tokens, int& bos, std::vector<int>& eos) {
  bos = id_in(file, "tokenizer.ggml.bos_token_id", tokens);
  // Chat models end a turn, or a message, with another token than a text.
  for (const char* key :
       {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    const int id = id_in(file, key, tokens);
    if (id >= 0 && std::find(eos.begin(), eos.end(), id) == eos.end()) eos.push_back(id);
  }
}

Common read_common(const GgufFile& file) {
  Common out;
  const auto tokens = file.texts("tokenizer.ggml.tokens");
  VALIDATE(tokens && !tokens->empty(), file.place, "has no key 'tokenizer.ggml.tokens'", "it gives the ids");
  out.tokens = *tokens;
  out.kinds = file.integers("tokenizer.ggml.token_type").value_or(std::vector<std::int64_t>(out.tokens.size(), 1));
  VALIDATE(out.kinds.size() == out.tokens.size(), file.place,
           "tokenizer.ggml.token_type has " + std::to_string(out.kinds.size()) + " entries",
           "there are " + std::to_string(out.tokens.size()) + " tokens");
  for (std::size_t id = 0; id < out.tokens.size(); ++id) {
    VALIDATE(out.kinds[id] >= 1 && out.kinds[id] <= 6, file.place,
             "token " + std::to_string(id) + " has type " + std::to_string(out.kinds[id]), "types go from 1 to 6");
    VALIDATE(!out.tokens[id].empty() || (out.kinds[id] != 3 && out.kinds[id] != 4), file.place,
             "token " + std::to_string(id) + " has no text", "it would match everywhere");
  }
  read_ends(file, out.tokens.size(), out.bos, out.eos);
  return out;
}

std::string with_blanks(const std::string& token) {
  std::string out;
  for (std::size_t at = 0; at < token.size();) {
    const bool is_blank = std::string_view(token).substr(at).starts_with(blank);
    out += is_blank ? ' ' : token[at];
    at += is_blank ? blank.size() : 1;
  }
  return out;
}

ScoreVocabulary read_scores(const GgufFile& file) {
  const Common common = read_common(file);
  const auto scores = file.reals("tokenizer.ggml.scores");
  VALIDATE(scores && scores->size() == common.tokens.size(), file.place,
           "tokenizer.ggml.scores has " + std::to_string(scores ? scores->size() : 0) + " entries",
           "there are " + std::to_string(common.tokens.size()) + " tokens, and scores order the merges");
  ScoreVocabulary out;
  out.place = file.place;
  out.prefix = file.truth("tokenizer.ggml.add_space_prefix").value_or(true);
  out.bos = common.bos;
  out.eos = common.eos;
  constexpr Kind kinds[] = {Kind::normal, Kind::unknown, Kind::control, Kind::user, Kind::unused, Kind::byte};
  for (std::size_t id = 0; id < common.tokens.size(); ++id) {
    VALIDATE(std::isfinite((*scores)[id]), file.place, "token " + std::to_string(id) + " has no finite score",
             "scores order the merges");
    const Kind kind = kinds[common.kinds[id] - 1];
    const bool is_text = kind == Kind::normal || kind == Kind::user;
    out.tokens.push_back({is_text ? with_blanks(common.tokens[id]) : common.tokens[id], (*scores)[id], kind});
  }
  return out;
}

MergeVocabulary read_merges(const GgufFile& file) {
  const std::string splitter = file.text("tokenizer.ggml.pre").value_or("gpt-2");
  VALIDATE(splitter == "gpt-2", file.place, "tokenizer.ggml.pre is '" + splitter.substr(0, 40) + "'",
           "it would split texts in a way that is not implemented", "Known: gpt-2. Or give tokenizer.json apart.");
  const Common common = read_common(file);
  MergeVocabulary out;
  out.place = file.place;
  out.tokens = common.tokens;
  out.byte_level = out.words = true;
  out.bos = common.bos;
  out.eos = common.eos;
  for (std::size_t at = 0; at < common.tokens.size(); ++at) {
    const int id = static_cast<int>(at);
    const std::int64_t kind = common.kinds[at];
    if (kind == 3 || kind == 4)
      out.added.push_back({common.tokens[at], id, kind == 3});
    else
      out.ids.emplace(common.tokens[at], id);
  }
  const auto merges = file.texts("tokenizer.ggml.merges");
  VALIDATE(merges, file.place, "has no key 'tokenizer.ggml.merges'", "it orders the joining of tokens");
  for (const std::string& merge : *merges) {
    const std::size_t gap = merge.find(' ');
    VALIDATE(gap != std::string::npos && merge.find(' ', gap + 1) == std::string::npos, file.place,
             "merge '" + merge.substr(0, 60) + "' is not two tokens", "a merge joins a pair");
    out.add_merge(merge.substr(0, gap), merge.substr(gap + 1));
  }
  return out;
}

}  // namespace

void read_gguf_vocabulary(const GgufFile& file, Source& into) {
  if (auto json = file.text("tokenizer.huggingface.json")) {
    MergeVocabulary words = parse_hf_vocabulary(file.place + ": tokenizer.huggingface.json", *json, {});
    read_ends(file, words.tokens.size(), words.bos, words.eos);
    into.vocabulary = std::move(words);
    into.tokenizer_json = std::move(*json);
    return;
  }
  const std::string kind = file.text("tokenizer.ggml.model").value_or("none");
  if (kind == "none" || kind == "no_vocab") return;
  if (kind == "llama")
    into.vocabulary = read_scores(file);
  else if (kind == "gpt2")
    into.vocabulary = read_merges(file);
  else
    fail_input(file.place, "tokenizer.ggml.model is '" + kind.substr(0, 40) + "'", "it is not implemented",
               "Known: llama, gpt2. Or give tokenizer.json apart.");
}

}  // namespace orrery::kernels::model
