// The [workload] section: who asks for how much, when.
#pragma once

#include <cstdint>
#include <string>

#include "sim/config/fields.hpp"
#include "sim/units.hpp"

namespace orrery::sim::workload {

struct WorkloadParams {
  std::string kind = "generation";  // what a request is: see fields()
  std::int64_t requests = 100;      // in all; 0: as many as arrive in duration_s
  double duration_s = 0;            // last possible arrival; 0: until all requests have arrived

  std::string arrival = "poisson";
  double rate = 1;             // [request/s], over all clients
  double cv = 2;               // bursty: coefficient of variation of the gaps
  double think_s = 0;          // closed: mean pause between an answer and the client's next request
  std::int64_t in_flight = 1;  // closed: requests that each client keeps running
  double feed_gap_s = 0;       // closed: between the end of one and the next, and between those at the start
  double feed_load = 0;        // closed: add requests while the router sees less load than this; 0: a fixed number
  double trace_speed = 1;      // trace: > 1 makes arrivals denser

  std::string lengths = "fixed";
  double prompt_tokens = 128;
  double output_tokens = 64;
  double length_cv = 1;         // lognormal
  std::int64_t max_prompt = 0;  // longer prompts are cut; 0: no limit
  std::int64_t max_output = 0;

  std::int64_t prefix_groups = 0;    // requests of a group begin with the same tokens; 0: no two do
  std::int64_t prefix_tokens = 256;  // so many, before the prompt that `lengths` gives

  std::int64_t clients = 8;
  config::Mix client_regions;         // region = weight; empty: where the nodes are
  std::string trace;                  // for arrival or lengths "trace"
  std::string trace_order = "drawn";  // lengths = "trace" without its arrivals: "drawn" rows, or those "written"

  std::int64_t steps = 50;  // diffusion: denoising steps
  bool guidance = true;     // diffusion: each step passes the image twice, with its condition and without
  double decode_gflop = 0;  // diffusion: the client's work on the last step's latent

  // No keys: what other sections make of a request (Scenario::read).
  std::int64_t image_tokens = 0;                  // diffusion: of the model
  std::int64_t passages = 0, passage_tokens = 0;  // rag: that go before each question
  Tokens retrieved() const { return passages * passage_tokens; }

  static config::Fields<WorkloadParams> fields();
};

// InputError for an unknown table of lengths and keys that contradict each other; the place is the key.
void validate(const WorkloadParams& params);

}  // namespace orrery::sim::workload
