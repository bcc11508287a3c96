#include <nlohmann/json.hpp>

#include "kernels/contract.hpp"
#include "kernels/model/vocabulary.hpp"

namespace orrery::kernels::model {
namespace {

using Json = nlohmann::json;

constexpr const char* blank = "\u2581";
constexpr int largest_vocabulary = 1 << 24;

Json parse_object(const std::string& place, std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  VALIDATE(!json.is_discarded() && json.is_object(), place, "is not a JSON object", "the file is damaged");
  return json;
}

// A member of an object; null if it is not there.
const Json& member(const Json& object, const char* key) {
  static const Json null;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : null;
}

bool truth(const Json& object, const char* key, bool otherwise) {
  const Json& value = member(object, key);
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

std::string type_of(const Json& object) {
  const Json& type = member(object, "type");
  return type.is_string() ? type.get<std::string>() : "";
}

[[noreturn]] void unknown_kind(const std::string& place, const char* what, const Json& json) {
  fail_input(place, std::string(what) + " " + json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 120),
             "it would split texts in a way that is not implemented",
             "Known: byte-level BPE with GPT-2's pattern, and SentencePiece-like BPE with byte fallback.");
}

int parse_id(const std::string& place, const std::string& token, const Json& value) {
  VALIDATE(value.is_number_unsigned() && value.get<std::uint64_t>() < largest_vocabulary, place,
           "token '" + token + "' has no valid id", "ids count from 0");
  return value.get<int>();
}

void place_token(MergeVocabulary& out, std::vector<bool>& taken, int id, const std::string& token) {
  const auto at = static_cast<std::size_t>(id);
  VALIDATE(at < out.tokens.size(), out.place, "token '" + token + "' has id " + std::to_string(id),
           "there are only " + std::to_string(out.tokens.size()) + " tokens, and ids leave no gap");
  VALIDATE(!taken[at] || out.tokens[at] == token, out.place,
           "tokens '" + out.tokens[at] + "' and '" + token + "' have the same id " + std::to_string(id),
           "an id stands for one token");
  taken[at] = true;
  out.tokens[at] = token;
}

void read_tokens(MergeVocabulary& out, const Json& json) {
  const Json& vocab = member(member(json, "model"), "vocab");
  VALIDATE(vocab.is_object() && !vocab.empty(), out.place, "model.vocab is not an object of tokens",
           "it gives the ids");
  for (const auto& [token, id] : vocab.items()) out.ids.emplace(token, parse_id(out.place, token, id));
  const Json& added = member(json, "added_tokens");
  VALIDATE(added.is_null() || added.is_array(), out.place, "added_tokens is not a list", "it names the special tokens");
  for (const Json& entry : added) {
    const Json& content = member(entry, "content");
    VALIDATE(content.is_string() && !content.get<std::string>().empty(), out.place, "an added token has no content",
             "it would match everywhere");
    const auto text = content.get<std::string>();
    for (const char* option : {"single_word", "lstrip", "rstrip"})
      VALIDATE(!truth(entry, option, false), out.place, "added token '" + text + "' has " + option,
               "it would split texts in a way that is not implemented");
    out.added.push_back({text, parse_id(out.place, text, member(entry, "id")), truth(entry, "special", false)});
  }
  std::size_t count = out.ids.size();
  for (const auto& token : out.added) count += out.ids.contains(token.text) ? 0 : 1;
  out.tokens.resize(count);
  std::vector<bool> taken(count, false);
  for (const auto& [token, id] : out.ids) place_token(out, taken, id, token);
  for (const auto& token : out.added) place_token(out, taken, token.id, token.text);
}

// "left right", or ["left", "right"] in newer files.
std::pair<std::string, std::string> split_merge(const std::string& place, const Json& entry) {
  if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string())
    return {entry[0], entry[1]};
  const std::string text = entry.is_string() ? entry.get<std::string>() : "";
  const std::size_t gap = text.find(' ');
  VALIDATE(gap != std::string::npos && text.find(' ', gap + 1) == std::string::npos, place,
           "merge " + entry.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60) + " is not two tokens",
           "a merge joins a pair");
  return {text.substr(0, gap), text.substr(gap + 1)};
}

void read_merges(MergeVocabulary& out, const Json& merges) {
  VALIDATE(merges.is_array(), out.place, "model.merges is not a list", "it orders the joining of tokens");
  for (const Json& entry : merges) {
    const auto [left, right] = split_merge(out.place, entry);
    out.add_merge(left, right);
  }
}

void read_byte_level(MergeVocabulary& out, const Json& json) {
  if (!member(json, "normalizer").is_null()) unknown_kind(out.place, "normalizer", json["normalizer"]);
  const Json& splitter = member(json, "pre_tokenizer");
  out.byte_level = true;
  out.words = truth(splitter, "use_regex", true);
  out.prefix =
      truth(splitter, "add_prefix_space", true) ? MergeVocabulary::Prefix::every : MergeVocabulary::Prefix::never;
}

// Llama 2 as first converted: the normaliser puts "▁" in front and for every blank.
bool is_blank_normalizer(const Json& normalizer) {
  const Json want = Json::array({{{"type", "Prepend"}, {"prepend", blank}},
                                 {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", blank}}});
  return type_of(normalizer) == "Sequence" && member(normalizer, "normalizers") == want;
}

void read_sentence_piece(MergeVocabulary& out, const Json& json) {
  const Json &normalizer = member(json, "normalizer"), &splitter = member(json, "pre_tokenizer");
  if (splitter.is_null() && is_blank_normalizer(normalizer)) {
    out.prefix = MergeVocabulary::Prefix::every;
    return;
  }
  if (!normalizer.is_null()) unknown_kind(out.place, "normalizer", normalizer);
  if (type_of(splitter) != "Metaspace" || member(splitter, "replacement") != blank)
    unknown_kind(out.place, "pre_tokenizer", splitter);
  const Json& scheme = member(splitter, "prepend_scheme");
  const std::string prefix = scheme.is_string()                          ? scheme.get<std::string>()
                             : truth(splitter, "add_prefix_space", true) ? "always"
                                                                         : "never";
  if (prefix != "always" && prefix != "first" && prefix != "never") unknown_kind(out.place, "pre_tokenizer", splitter);
  out.words = truth(splitter, "split", true);
  out.prefix = prefix == "always"  ? MergeVocabulary::Prefix::every
               : prefix == "first" ? MergeVocabulary::Prefix::first
                                   : MergeVocabulary::Prefix::never;
}

void read_ends(MergeVocabulary& out, std::string_view config_json) {
  if (config_json.empty()) return;
  const Json config = parse_object("config.json", config_json);
  const auto id_in = [&out](const char* key, const Json& value) {
    VALIDATE(value.is_number_unsigned() && value.get<std::uint64_t>() < out.tokens.size(), "config.json",
             std::string(key) + " = " + value.dump().substr(0, 40) + " is not a token",
             "the tokenizer has " + std::to_string(out.tokens.size()));
    return value.get<int>();
  };
  const Json &bos = member(config, "bos_token_id"), &eos = member(config, "eos_token_id");
  if (!bos.is_null()) out.bos = id_in("bos_token_id", bos);
  if (eos.is_array())
    for (const Json& one : eos) out.eos.push_back(id_in("eos_token_id", one));
  else if (!eos.is_null())
    out.eos.push_back(id_in("eos_token_id", eos));
}

}  // namespace

int MergeVocabulary::id_of(const std::string& token, const char* user) const {
  const auto found = ids.find(token);
  VALIDATE(found != ids.end(), place, std::string(user) + " uses '" + token + "'",
           "the vocabulary does not have that token");
  return found->second;
}

void MergeVocabulary::add_merge(const std::string& left, const std::string& right) {
  const int left_id = id_of(left, "a merge"), right_id = id_of(right, "a merge");
  const auto rank = static_cast<double>(merges.size());
  merges.emplace(key(left_id, right_id), Merge{rank, id_of(left + right, "a merge")});
}

MergeVocabulary parse_hf_vocabulary(std::string place, std::string_view text, std::string_view config_json) {
  MergeVocabulary out;
  out.place = std::move(place);
  const Json json = parse_object(out.place, text);
  const Json& model = member(json, "model");
  if (type_of(model) != "BPE") unknown_kind(out.place, "model of type", type_of(model));
  for (const char* option : {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"}) {
    const Json& value = member(model, option);
    const bool off = value.is_null() || value == false || value == 0.0 ||
                     (value.is_string() && value.get_ref<const std::string&>().empty());
    if (!off) unknown_kind(out.place, option, value);
  }
  read_tokens(out, json);
  read_merges(out, member(model, "merges"));
  const Json& unknown = member(model, "unk_token");
  if (unknown.is_string() && out.ids.contains(unknown.get<std::string>())) out.unknown = out.ids.at(unknown);
  if (type_of(member(json, "pre_tokenizer")) == "ByteLevel")
    read_byte_level(out, json);
  else
    read_sentence_piece(out, json);
  read_ends(out, config_json);
  return out;
}

}  // namespace orrery::kernels::model
