#include "sim/execution/profile.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "kernels/contract.hpp"
#include "sim/config/toml.hpp"

namespace orrery::sim::execution {
namespace {

double interpolate(const std::vector<double>& xs, const std::vector<double>& ys, double x) {
  if (xs.empty() || x == 0) return 0;
  if (xs.size() == 1) return ys[0];
  const auto above = std::upper_bound(xs.begin() + 1, xs.end() - 1, x);
  const auto k = static_cast<std::size_t>(above - xs.begin());
  return ys[k - 1] + (ys[k] - ys[k - 1]) * ((x - xs[k - 1]) / (xs[k] - xs[k - 1]));
}

void check_points(const Profile& p, const std::string& place, const char* name, const std::vector<double>& xs,
                  const std::vector<double>& ys) {
  const std::string what = "profile '" + p.name + "' has " + std::string(name);
  VALIDATE(!xs.empty() && xs.size() == ys.size(), place, what + " points that are no pairs",
           std::to_string(xs.size()) + " token counts, " + std::to_string(ys.size()) + " times", "Give one time each.");
  const auto stuck = std::adjacent_find(xs.begin(), xs.end(), [](double a, double b) { return a >= b; });
  VALIDATE(stuck == xs.end(), place, what + " token counts that do not ascend", "times are interpolated between them",
           "Sort them, each once.");
}

void check(const Profile& p, const std::vector<Profile>& before, const std::string& place) {
  VALIDATE(!p.name.empty(), place, "a profile has no name", "swarm.node refers to it by name", "Add name = \"...\".");
  const auto same = [&p](const Profile& other) { return other.name == p.name; };
  VALIDATE(std::none_of(before.begin(), before.end(), same), place, "profile '" + p.name + "' is there twice",
           "nodes refer to profiles by name", "Rename one of the two.");
  check_points(p, place, "prompt", p.prompt_tokens, p.prompt_s);
  check_points(p, place, "decode", p.decode_tokens, p.decode_s);
  for (const auto* list : p.lists_by_blocks()) {
    VALIDATE(list->empty() || static_cast<int>(list->size()) == p.most_blocks(), place,
             "profile '" + p.name + "' has lists by blocks of unequal length", "each has an entry for 1, 2, ... blocks",
             "Give all of them as many entries, or none.");
  }
}

}  // namespace

config::Fields<Profile> Profile::fields() {
  using P = Profile;
  return config::Fields<P>()
      .text("name", &P::name, "what swarm.node calls it")
      .numbers("prompt_tokens", &P::prompt_tokens, "token", "prompt tokens in a batch", 0, 1e7)
      .numbers("prompt_s", &P::prompt_s, "s", "time they take in one block", 0, 1e5)
      .numbers("decode_tokens", &P::decode_tokens, "token", "decode steps in a batch", 0, 1e7)
      .numbers("decode_s", &P::decode_s, "s", "time they take in one block", 0, 1e5)
      .numbers("kv_tokens", &P::kv_tokens, "token x block", "KV cache, by blocks served", 0, 1e15)
      .numbers("max_prompts", &P::max_prompts, "request", "prompts in one batch of a layer, by blocks served", 1, 1e6)
      .numbers("max_prompt_tokens", &P::max_prompt_tokens, "token",
               "tokens of the prompts in one batch of a layer, by blocks served; one larger prompt goes alone", 1, 1e9)
      .numbers("max_decodes", &P::max_decodes, "request", "decode steps in one batch of a layer, by blocks served", 1,
               1e6)
      .numbers("max_decode_context", &P::max_decode_context, "token",
               "positions before the decode steps in one batch of a layer, by blocks served", 1, 1e12)
      .numbers("tokens_per_s", &P::tokens_per_s, "token/s", "rate that placement counts on, by blocks served", 1e-9,
               1e12);
}

double Profile::block_s(double prompt, double decodes) const {
  return interpolate(prompt_tokens, prompt_s, prompt) + interpolate(decode_tokens, decode_s, decodes);
}

double Profile::at(const std::vector<double>& by_blocks, int blocks, double otherwise) {
  if (by_blocks.empty()) return otherwise;
  EXPECT(blocks >= 1 && static_cast<std::size_t>(blocks) <= by_blocks.size());
  return by_blocks[static_cast<std::size_t>(blocks - 1)];
}

int Profile::most_blocks() const {
  std::size_t most = 0;
  for (const auto* list : lists_by_blocks()) most = std::max(most, list->size());
  return static_cast<int>(most);
}

std::vector<const std::vector<double>*> Profile::lists_by_blocks() const {
  return {&kv_tokens, &max_prompts, &max_prompt_tokens, &max_decodes, &max_decode_context, &tokens_per_s};
}

std::vector<Profile> read_profiles(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  VALIDATE(in.good(), path, "cannot be read", "execution.profiles names it", "Check the path.");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const config::Value root = config::parse_toml(text, path);
  struct File {
    std::vector<Profile> profiles;
  } file;
  const auto fields = config::Fields<File>().rows("profile", &File::profiles, "measured machines");
  config::read_fields(fields.list(), &file, root);
  std::vector<Profile> before;
  for (const Profile& p : file.profiles) {
    check(p, before, path);
    before.push_back(p);
  }
  VALIDATE(!before.empty(), path, "has no profile", "each is a [[profile]]",
           "Add one, or leave execution.profiles out.");
  return before;
}

}  // namespace orrery::sim::execution
