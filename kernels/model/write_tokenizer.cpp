// tokenizer.json of vocabularies that came in another format.
#include <algorithm>
#include <tuple>

#include <nlohmann/json.hpp>

#include "kernels/model/unicode.hpp"
#include "kernels/model/writers.hpp"

namespace orrery::kernels::model {
namespace {

using Json = nlohmann::ordered_json;
using Kind = ScoreVocabulary::Kind;

constexpr const char* blank = "\u2581";

std::string with_marks(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == ' ' ? blank : std::string(1, c);
  return out;
}

Json added_token(int id, const std::string& text, bool special) {
  return {{"id", id},        {"content", text},     {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", special}};
}

Json merges_json(const MergeVocabulary& words) {
  std::vector<std::pair<double, std::uint64_t>> order;
  for (const auto& [pair, merge] : words.merges) order.emplace_back(merge.rank, pair);
  std::sort(order.begin(), order.end());
  Json list = Json::array();
  for (const auto& [rank, pair] : order) list.push_back({words.tokens[pair >> 32U], words.tokens[pair & 0xFFFFFFFFU]});
  return list;
}

Json byte_level_json(const MergeVocabulary& words) {
  const Json splitter{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  Json vocab = Json::object(), added = Json::array();
  for (std::size_t id = 0; id < words.tokens.size(); ++id) vocab.emplace(words.tokens[id], id);
  for (const auto& token : words.added) added.push_back(added_token(token.id, token.text, token.special));
  return {{"version", "1.0"},      {"added_tokens", added},
          {"normalizer", nullptr}, {"pre_tokenizer", splitter},
          {"decoder", splitter},   {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", merges_json(words)}}}};
}

// A list of merges joins as scores do where it has every split of every token into two, in the order of the scores.
// Where different tokens have one score, it decides by id instead of by place.
Json merges_of_scores(const ScoreVocabulary& words) {
  std::unordered_map<std::string, int> ids;
  for (std::size_t id = 0; id < words.tokens.size(); ++id)
    if (words.tokens[id].kind == Kind::normal) ids.emplace(words.tokens[id].text, static_cast<int>(id));
  std::vector<std::tuple<float, int, int, int>> order;  // -score, whole, left, right
  for (const auto& [text, id] : ids) {
    for (std::size_t cut = 0; cut < text.size();) {
      cut += static_cast<std::size_t>(code_point(text, cut).bytes);
      const auto left = ids.find(text.substr(0, cut)), right = ids.find(text.substr(cut));
      if (left == ids.end() || right == ids.end()) continue;
      order.emplace_back(-words.tokens[static_cast<std::size_t>(id)].score, id, left->second, right->second);
    }
  }
  std::sort(order.begin(), order.end());
  Json list = Json::array();
  for (const auto& [score, whole, left, right] : order)
    list.push_back({with_marks(words.tokens[static_cast<std::size_t>(left)].text),
                    with_marks(words.tokens[static_cast<std::size_t>(right)].text)});
  return list;
}

Json sentence_piece_json(const ScoreVocabulary& words) {
  Json vocab = Json::object(), added = Json::array(), steps = Json::array();
  std::string unknown;
  for (std::size_t at = 0; at < words.tokens.size(); ++at) {
    const auto& token = words.tokens[at];
    const std::string text = token.kind == Kind::normal ? with_marks(token.text) : token.text;
    const bool is_new = vocab.emplace(text, at).second;
    VALIDATE(is_new, words.place, "token " + std::to_string(at) + " is there twice",
             "tokenizer.json maps texts to ids");
    if (token.kind == Kind::unknown && unknown.empty()) unknown = text;
    if (token.kind == Kind::unknown || token.kind == Kind::control || token.kind == Kind::user)
      added.push_back(added_token(static_cast<int>(at), text, token.kind != Kind::user));
  }
  if (words.prefix) steps.push_back({{"type", "Prepend"}, {"prepend", blank}});
  steps.push_back({{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", blank}});
  Json decoders = Json::array({{{"type", "Replace"}, {"pattern", {{"String", blank}}}, {"content", " "}},
                               {{"type", "ByteFallback"}},
                               {{"type", "Fuse"}}});
  if (words.prefix) decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  Json json{{"version", "1.0"}, {"added_tokens", added}};
  if (words.prefix) {
    json["normalizer"] = {{"type", "Sequence"}, {"normalizers", steps}};
    json["pre_tokenizer"] = nullptr;
  } else {
    json["normalizer"] = nullptr;
    json["pre_tokenizer"] = {
        {"type", "Metaspace"}, {"replacement", blank}, {"prepend_scheme", "never"}, {"split", false}};
  }
  json["decoder"] = {{"type", "Sequence"}, {"decoders", decoders}};
  json["model"] = {{"type", "BPE"},
                   {"unk_token", unknown.empty() ? Json() : Json(unknown)},
                   {"byte_fallback", true},
                   {"vocab", vocab},
                   {"merges", merges_of_scores(words)}};
  return json;
}

}  // namespace

std::string hf_tokenizer_json(const Source& source) {
  if (!source.tokenizer_json.empty()) return source.tokenizer_json;
  if (const auto* merges = std::get_if<MergeVocabulary>(&source.vocabulary))
    return byte_level_json(*merges).dump() + "\n";
  if (const auto* scores = std::get_if<ScoreVocabulary>(&source.vocabulary))
    return sentence_piece_json(*scores).dump() + "\n";
  return {};
}

}  // namespace orrery::kernels::model
