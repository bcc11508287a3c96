#include "sim/workload/params.hpp"

#include "kernels/contract.hpp"
#include "sim/workload/lengths.hpp"

namespace orrery::sim::workload {

config::Fields<WorkloadParams> WorkloadParams::fields() {
  using P = WorkloadParams;
  return config::Fields<P>()
      .choice("kind", &P::kind, {"generation", "rag", "diffusion"},
              "generation: a prompt goes in, tokens come out one by one; rag: the same, after passages for the prompt "
              "have been looked up ([retrieval]); diffusion: an image goes through all blocks in every denoising step, "
              "and what other keys and metrics call tokens are steps")
      .integer("requests", &P::requests, "requests", "how many requests there are; 0 as many as arrive in duration_s",
               0, 4e9)
      .real("duration_s", &P::duration_s, "s", "no request arrives later; 0 for no limit", 0, 3e9)
      .choice("arrival", &P::arrival, {"poisson", "bursty", "trace", "closed"},
              "poisson; bursty (gamma gaps with coefficient of variation cv); trace; closed (every client keeps one "
              "request running)")
      .real("rate", &P::rate, "request/s", "mean arrival rate of poisson and bursty, over all clients", 1e-6, 1e9)
      .real("cv", &P::cv, "1", "bursty: standard deviation of the gaps over their mean; 1 is Poisson", 0.05, 20)
      .real("think_s", &P::think_s, "s", "closed: mean pause (exponential) before a client's next request", 0, 1e8)
      .integer("in_flight", &P::in_flight, "requests", "closed: requests that each client keeps running", 1, 1e6)
      .real("feed_gap_s", &P::feed_gap_s, "s",
            "closed: time from the end of a request to the next, and between those that a client starts with", 0, 1e6)
      .real("feed_load", &P::feed_load, "1",
            "closed: whenever a request ends or has its first token, one more comes if the routing policy sees at most "
            "this share of the KV memory in use; 0 keeps the number of requests as it is",
            0, 1)
      .real("trace_speed", &P::trace_speed, "1", "arrival = trace: how many times faster than recorded", 1e-6, 1e6)
      .text("lengths", &P::lengths,
            "fixed, lognormal, trace, or a table of data/lengths.toml: azure_conv_2023, sharegpt, arxiv")
      .real("prompt_tokens", &P::prompt_tokens, "token", "fixed: length of prompts; lognormal: their mean", 1, 1e7)
      .real("output_tokens", &P::output_tokens, "token", "fixed: length of outputs; lognormal: their mean", 1, 1e7)
      .real("length_cv", &P::length_cv, "1", "lognormal: standard deviation of lengths over their mean", 0.01, 20)
      .integer("max_prompt", &P::max_prompt, "token", "longer prompts are cut to this; 0 for no limit", 0, 1e7)
      .integer("max_output", &P::max_output, "token", "longer outputs are cut to this; 0 for no limit", 0, 1e7)
      .integer("prefix_groups", &P::prefix_groups, "groups",
               "each request belongs to one of these at random, and those of a group begin with the same tokens; 0: no "
               "two requests share any",
               0, 1e6)
      .integer("prefix_tokens", &P::prefix_tokens, "token",
               "length of the shared beginning, which comes before a prompt as long as `lengths` says", 1, 1e6)
      .integer("clients", &P::clients, "clients", "who asks; each request comes from one of them at random", 1, 1e7)
      .mix("client_regions", &P::client_regions, "region = weight; empty places clients as nodes are, by swarm.regions")
      .text("trace", &P::trace,
            "CSV of requests, may be gzipped: arrival_s,prompt_tokens,output_tokens or Azure's TIMESTAMP,ContextTokens,"
            "GeneratedTokens")
      .choice("trace_order", &P::trace_order, {"drawn", "written"},
              "which row of the trace gives a request its lengths where arrivals are not the trace's: one drawn at "
              "random for each; or one after another as they are written, from the first again after the last")
      .integer("steps", &P::steps, "steps", "diffusion: denoising steps of an image", 1, 10000)
      .boolean("guidance", &P::guidance,
               "diffusion: classifier-free guidance, for which each step passes the image twice, with its label and "
               "without")
      .real("decode_gflop", &P::decode_gflop, "Gflop",
            "diffusion: what the client has to compute after the last step (the decoder of a latent model)", 0, 1e9);
}

namespace {

void validate_diffusion(const WorkloadParams& p) {
  const WorkloadParams defaults;
  const bool image = p.kind == "diffusion";
  const bool drawn = p.lengths != defaults.lengths || p.prompt_tokens != defaults.prompt_tokens ||
                     p.output_tokens != defaults.output_tokens || p.length_cv != defaults.length_cv ||
                     p.max_prompt != 0 || p.max_output != 0;
  VALIDATE(!image || !drawn, "workload.lengths", "has no effect",
           "an image has as many rows as the model has patches, and workload.steps passes",
           "Leave lengths, prompt_tokens, output_tokens, length_cv, max_prompt and max_output out.");
  VALIDATE(!image || p.prefix_groups == 0, "workload.prefix_groups", "not possible",
           "the rows of an image change in every step: nothing is kept of them");
  VALIDATE(image || (p.steps == defaults.steps && p.guidance == defaults.guidance && p.decode_gflop == 0),
           "workload.steps", "has no effect", "steps, guidance and decode_gflop belong to kind = \"diffusion\"");
}

}  // namespace

void validate(const WorkloadParams& p) {
  VALIDATE(p.requests > 0 || p.duration_s > 0 || (p.arrival == "trace"), "workload.requests", "is 0",
           "without duration_s requests would never end");
  VALIDATE(p.requests > 0 || p.arrival != "closed", "workload.requests", "is 0",
           "a closed workload needs their number");
  VALIDATE(p.duration_s == 0 || p.arrival != "closed", "workload.duration_s", "has no effect",
           "a closed workload ends after its requests");
  VALIDATE(p.arrival == "closed" || (p.in_flight == 1 && p.feed_gap_s == 0 && p.feed_load == 0), "workload.in_flight",
           "has no effect", "in_flight, feed_gap_s and feed_load belong to arrival = \"closed\"");
  const bool fed = p.in_flight > 1 || p.feed_load > 0;
  VALIDATE(!fed || p.think_s == 0, "workload.think_s", "has no effect",
           "requests in parallel follow each other after feed_gap_s");
  VALIDATE(fed || p.feed_gap_s == 0, "workload.feed_gap_s", "has no effect", "a client has one request at a time",
           "Use think_s.");
  VALIDATE(p.prefix_groups > 0 || p.prefix_tokens == WorkloadParams().prefix_tokens, "workload.prefix_tokens",
           "has no effect", "workload.prefix_groups is 0: no two requests share a beginning",
           "Set workload.prefix_groups.");
  const bool traced = p.arrival == "trace" || p.lengths == "trace";
  VALIDATE(traced == !p.trace.empty(), "workload.trace", traced ? "is missing" : "has no effect",
           traced ? "arrival or lengths is \"trace\"" : "neither arrival nor lengths is \"trace\"");
  VALIDATE(p.trace_order == "drawn" || (p.lengths == "trace" && p.arrival != "trace"), "workload.trace_order",
           "has no effect", "it says how rows become lengths where arrivals are not the trace's");
  validate_diffusion(p);
  if (p.lengths != "fixed" && p.lengths != "lognormal" && p.lengths != "trace")
    length_table(p.lengths, "workload.lengths");
}

}  // namespace orrery::sim::workload
