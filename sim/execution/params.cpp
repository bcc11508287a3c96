#include "sim/execution/params.hpp"

namespace orrery::sim::execution {

config::Fields<ExecutionParams> ExecutionParams::fields() {
  using P = ExecutionParams;
  return config::Fields<P>()
      .choice(
          "mode", &P::mode, {"model", "real", "live"},
          "where activations come from: model computes none, only the time of every stage; real has MPI ranks run the "
          "kernels on the model's weights. Virtual time is the device model's in both. live follows the wall clock: "
          "rank "
          "0 is clients and directory, nodes are dealt out to the other ranks, which compute, wait and send for real, "
          "with the network's latency and bandwidth injected; its results are measurements and differ from run to run.")
      .choice("wire", &P::wire, {"fp32", "bf16", "int8"},
              "format of activations between nodes; int8 has blocks of 64 values that share an fp32 scale")
      .choice(
          "experts", &P::experts, {"node", "ranks"},
          "real: which rank computes the experts of a mixture: that of the node that serves the block, or each the one "
          "that it was dealt out to, so that a rank holds only its share of every block; numbers and virtual times "
          "are the same")
      .real("hop_overhead_s", &P::hop_overhead_s, "s",
            "time a server adds to each stage call beside the kernels (serialisation, scheduling); the default is what "
            "Petals' router assumes (petals 22afba6, client/routing/sequence_manager.py)",
            0, 60)
      .real("compute_efficiency", &P::compute_efficiency, "1",
            "share of the data sheet's flop/s that kernels reach, for every device; 0 takes each device's own", 0, 1)
      .real(
          "bandwidth_efficiency", &P::bandwidth_efficiency, "1",
          "share of the data sheet's memory bandwidth that kernels reach, for every device; 0 takes each device's own",
          0, 1)
      .real("kv_passes", &P::kv_passes, "1",
            "times the KV cache of a session crosses memory in one step: 1 for in-place caches, 3 where every step "
            "concatenates (read, write, read again)",
            0, 16)
      .real("node_gflops", &P::node_gflops, "Gflop/s",
            "what every node reaches in matrix products, measured by `orrery calibrate device`; 0: each device's own",
            0, 1e9)
      .real("node_gbytes_s", &P::node_gbytes_s, "GB/s",
            "what every node reaches in reading weights, measured by `orrery calibrate device`; 0: each device's own",
            0, 1e9)
      .real("node_block_us", &P::node_block_us, "us",
            "time per block and pass beside that, measured by `orrery calibrate device`; 0: each device's own", 0, 1e9)
      .real("client_head_ms", &P::client_head_ms, "ms",
            "time of LM head and sampling at a client, measured by `orrery calibrate device`; 0: the client device's",
            0, 1e6)
      .real("entry_rate", &P::entry_rate, "byte/s",
            "rate at which a device takes in the activations that came for it, computing nothing meanwhile; 0: at once",
            0, 1e15)
      .real("keep_rate", &P::keep_rate, "byte/s",
            "rate at which a client lengthens what it keeps of a request's activations (32-bit rows), where every step "
            "copies all of them to add a row (Petals: torch.cat on the client's processor); 0: they grow in place",
            0, 1e15)
      .text("profiles", &P::profiles,
            "TOML file of measured machines ([[profile]]), whose times nodes may have in place of their device's "
            "roofline (swarm.node profile)")
      .text("prompts", &P::prompts,
            "real: text file whose windows are the prompts; empty takes the embedded held-out text")
      .choice("sampling", &P::sampling, {"nucleus", "shared_seed"},
              "real: how clients draw tokens where the temperature is above zero: from the most likely ones, or by the "
              "Gumbel-max trick from a seed that verifiers know, so that they can draw the same ones again")
      .real("temperature", &P::temperature, "1", "real: sampling temperature; 0 is greedy", 0, 10)
      .real("top_p", &P::top_p, "1", "real: probability mass that nucleus sampling keeps", 1e-3, 1)
      .boolean("review_texts", &P::review_texts,
               "real: each text that was served is passed once through the honest model, for its perplexity and the "
               "tokens that an honest chain would have given");
}

kernels::WireFormat ExecutionParams::wire_format() const {
  if (wire == "fp32") return kernels::WireFormat::fp32;
  if (wire == "bf16") return kernels::WireFormat::bf16;
  EXPECT(wire == "int8");
  return kernels::WireFormat::int8;
}

}  // namespace orrery::sim::execution
