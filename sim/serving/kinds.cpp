#include "sim/serving/kinds.hpp"

#include <string>

#include "sim/serving/scenario.hpp"
#include "sim/swarm/device.hpp"
#include "sim/workload/model_shape.hpp"

namespace orrery::sim::serving {
namespace {

// A policy's canonical text names it.
bool is(const std::string& canonical, const char* policy) {
  return canonical.find("policy = \"" + std::string(policy) + "\"") != std::string::npos;
}

void check_diffusion(const Scenario& s) {
  const bool image = s.workload.kind == "diffusion";
  const bool makes_images = s.workload.image_tokens > 0;
  VALIDATE(image == makes_images, "workload.kind",
           image ? "model '" + s.model.name + "' makes no images" : "model '" + s.model.name + "' generates no tokens",
           image ? "kind = \"diffusion\" needs a diffusion transformer"
                 : "it is a diffusion transformer, which passes whole images",
           image ? "Set model.name to one such as dit-xl-2." : "Set workload.kind = \"diffusion\".");
  if (!image) return;
  VALIDATE(s.workload.image_tokens <= 0x7fff, "model.name",
           "images of " + std::to_string(s.workload.image_tokens) + " rows",
           "a step passes all of an image, twice, in one message of at most 65535 rows");
  VALIDATE(!s.failover.policy->care().caches, "failover.policy", "keeps KV caches of images",
           "every row of an image changes in every step: there is nothing to keep, and a lost step is passed again",
           "Set failover.policy = \"cacheless\".");
  VALIDATE(!is(s.routing.canonical, "hedged"), "routing.policy", "hedging is not possible",
           "a second chain is asked for a prompt, and an image has none", "Choose another.");
  VALIDATE(s.verification.policy->committee() == 0, "verification.policy", "not possible",
           "how often it catches cheats was measured on texts, not on images", "Set verification.policy = \"none\".");
  VALIDATE(s.execution.mode == "model", "execution.mode", "\"" + s.execution.mode + "\" is not possible",
           "ranks compute tokens of a language model; `orrery sample` computes images",
           "Set execution.mode = \"model\".");
}

void check_retrieval(const Scenario& s) {
  if (s.workload.kind != "rag") return;
  const workload::RetrievalParams& r = s.retrieval;
  workload::validate(r);
  const bool server = r.place == "server";
  const std::string key = server ? "retrieval.device" : "serving.client_device";
  const swarm::DeviceClass& device =
      swarm::device(swarm::device_named(server ? r.device : s.serving.client_device, key));
  const double held = workload::retrieval_work(r, 1).held.value();
  VALIDATE(held <= device.memory.value(), key, "index and encoder do not fit into " + device.name,
           "they take " + std::to_string(static_cast<std::int64_t>(held / 1e6)) + " MB of its " +
               std::to_string(static_cast<std::int64_t>(device.memory.value() / 1e6)),
           "Lower retrieval.corpus, or choose narrower retrieval.vectors or another device.");
  VALIDATE(s.execution.mode != "live", "workload.kind", "\"rag\" is not possible live",
           "no rank plays the server of passages", "Set execution.mode to \"model\" or \"real\".");
  VALIDATE(s.execution.mode != "real" || r.index == "bm25", "retrieval.index",
           "\"" + r.index + "\" needs an encoder that somebody trained",
           "execution.mode = \"real\" looks passages of execution.prompts up by their words",
           "Set index = \"bm25\", and search_ms.");
}

}  // namespace

void settle_kind(Scenario& s) {
  s.workload.image_tokens = workload::model_shape(s.model.name, "model.name").image_tokens;
  const bool rag = s.workload.kind == "rag";
  s.workload.passages = rag ? s.retrieval.passages : 0;
  s.workload.passage_tokens = rag ? s.retrieval.passage_tokens : 0;
}

void check_kind(const Scenario& s) {
  check_diffusion(s);
  check_retrieval(s);
}

}  // namespace orrery::sim::serving
