#include "sim/serving/params.hpp"

namespace orrery::sim::serving {

config::Fields<ExperimentParams> ExperimentParams::fields() {
  using P = ExperimentParams;
  return config::Fields<P>()
      .text("name", &P::name, "what the run is called in results and figures")
      .integer("seed", &P::seed, "1", "seed of every random stream", 0, 9e15)
      .real("max_time_s", &P::max_time_s, "s", "virtual time at which requests still running are counted as failed", 1,
            1e8)
      .real("sample_period_s", &P::sample_period_s, "s", "width of a bin of the time series", 1e-3, 1e6);
}

config::Fields<ServingParams> ServingParams::fields() {
  using P = ServingParams;
  return config::Fields<P>()
      .integer("prefill_chunk", &P::prefill_chunk, "token",
               "prompts enter the pipeline in chunks of this many tokens, so that decoding sessions are not held up", 1,
               65535)
      .integer("max_batch_tokens", &P::max_batch_tokens, "token",
               "most tokens in one batch of a node: decode steps first, then prefill chunks, each in order of arrival",
               1, 1e6)
      .integer("max_batch_sessions", &P::max_batch_sessions, "session", "most sessions in one batch of a node", 1, 1e5)
      .choice("batching", &P::batching, {"stage", "layer"},
              "stage: a batch passes all blocks of its sessions on the node before the next is formed; layer: a node "
              "works on one block at a time, each with a queue in order of arrival, and goes on to the next block in "
              "turn where somebody waits, so that sessions join and leave a node between any two blocks (Helix)")
      .integer(
          "cache_tokens", &P::cache_tokens, "token",
          "KV cache a node sets aside for each block it serves when it works out how many blocks fit (Petals: 4096)", 1,
          1e8)
      .real("memory_reserve_gib", &P::memory_reserve_gib, "GiB",
            "memory a node keeps free for activations, per 14336 of hidden width (Petals: 2)", 0, 1e3)
      .choice(
          "kv_admission", &P::kv_admission, {"reserve", "grow"},
          "reserve: a session is admitted if its whole KV cache (prompt and all output) fits, and is never evicted; "
          "grow: it is admitted if its prompt fits and grows token by token; when memory runs out the session that "
          "was admitted last is evicted and has to be rebuilt")
      .boolean(
          "prefix_cache", &P::prefix_cache,
          "nodes keep the KV entries of a prefix (workload.prefix_groups) after the request that computed them, "
          "until sessions need the memory, and a request whose whole chain holds its prefix skips that part of the "
          "prompt")
      .real("connect_timeout_s", &P::connect_timeout_s, "s", "time a node has to answer the opening of a session", 1e-3,
            1e5)
      .real("step_timeout_s", &P::step_timeout_s, "s", "silence after which a client probes the nodes of a chain", 1e-3,
            1e5)
      .real("probe_timeout_s", &P::probe_timeout_s, "s", "time a probed node has to answer before it counts as lost",
            1e-3, 1e5)
      .real("request_timeout_s", &P::request_timeout_s, "s", "time after arrival at which a client gives up", 1e-3, 1e8)
      .real("first_backoff_s", &P::first_backoff_s, "s",
            "pause before the second retry in a row (the first comes at once); doubles from then on", 1e-3, 1e5)
      .real("max_backoff_s", &P::max_backoff_s, "s", "longest pause between retries", 1e-3, 1e5)
      .integer("max_attempts", &P::max_attempts, "attempt",
               "retries in a row without progress after which a request fails", 0, 1e6)
      .real("ban_s", &P::ban_s, "s", "time for which a client avoids a node that failed it; doubles with each failure",
            0, 1e6)
      .real("drain_s", &P::drain_s, "s",
            "notice a node gives its sessions before it leaves in good order, still serving them", 0, 1e6)
      .choice(
          "stop", &P::stop, {"length", "eos"},
          "length: a request ends after its output tokens; eos: also when the model ends the text (execution = real)")
      .real("slo_ttft_s", &P::slo_ttft_s, "s", "objective: time to first token of a good request", 0, 1e6)
      .real("slo_inter_token_s", &P::slo_inter_token_s, "s", "objective: mean time between tokens of a good request", 0,
            1e6)
      .text("client_device", &P::client_device,
            "device class of clients, which embed tokens, apply the LM head and sample")
      .boolean("measure_placement", &P::measure_placement,
               "report what the first placement carries, how far that is from a bound, what limits it and which nodes "
               "matter (up to 128 nodes)")
      .boolean("measure_regret", &P::measure_regret,
               "compare every first choice of a chain with the clairvoyant router's; costs a second routing decision "
               "a request and changes no other result");
}

}  // namespace orrery::sim::serving
