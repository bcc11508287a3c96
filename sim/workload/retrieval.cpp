#include "sim/workload/retrieval.hpp"

#include "kernels/contract.hpp"
#include "sim/workload/dtype.hpp"
#include "sim/workload/model_shape.hpp"

namespace orrery::sim::workload {

config::Fields<RetrievalParams> RetrievalParams::fields() {
  using P = RetrievalParams;
  return config::Fields<P>()
      .choice("place", &P::place, {"server", "client"},
              "server: one machine beside the directory answers one question after another; client: each has the index")
      .text("device", &P::device, "place = server: its class, of data/devices.toml")
      .choice("index", &P::index, {"exact", "ivf", "bm25"},
              "exact: every vector is scored; ivf: those of the nearest lists (kernels/ivf.hpp); bm25: passages that "
              "share words (kernels/bm25.hpp)")
      .text("encoder", &P::encoder, "exact, ivf: what makes a vector of a question, of data/models.toml")
      .choice("vectors", &P::vectors, {"fp32", "fp16", "int8"}, "exact, ivf: precision of the index")
      .integer("corpus", &P::corpus, "passages",
               "exact, ivf: passages that are indexed; the default is the Wikipedia of DPR (Karpukhin et al., EMNLP "
               "2020, arXiv:2004.04906)",
               1, 1e12)
      .integer("passages", &P::passages, "passages", "that go into the prompt", 1, 10000)
      .integer("passage_tokens", &P::passage_tokens, "token", "length of a passage (DPR: 100 words)", 1, 100000)
      .integer("lists", &P::lists, "lists", "ivf: into which the vectors are parted", 1, 1e9)
      .integer("probes", &P::probes, "lists", "ivf: that are looked at for a question", 1, 1e9)
      .real("search_ms", &P::search_ms, "ms",
            "a measured time of one search, in the place of the device model's; bm25 needs one, for what it reads "
            "hangs on the words",
            0, 1e6);
}

void validate(const RetrievalParams& p) {
  const RetrievalParams defaults;
  const ModelShape& encoder = model_shape(p.encoder, "retrieval.encoder");
  VALIDATE(encoder.encoder, "retrieval.encoder", "'" + p.encoder + "' is no encoder",
           "it puts out tokens or images, not a vector", "Name one such as bert-base.");
  VALIDATE(p.index == "ivf" || (p.lists == defaults.lists && p.probes == defaults.probes), "retrieval.lists",
           "has no effect", "lists and probes belong to index = \"ivf\"");
  VALIDATE(p.index != "ivf" || p.probes <= p.lists, "retrieval.probes",
           "is " + std::to_string(p.probes) + ", more than lists (" + std::to_string(p.lists) + ")",
           "no more lists can be looked at than there are");
  const bool words = p.index == "bm25";
  VALIDATE(!words || p.search_ms > 0, "retrieval.search_ms", "is missing",
           "how much bm25 reads hangs on the words of corpus and question", "Measure a search and set its time.");
  VALIDATE(!words || (p.encoder == defaults.encoder && p.vectors == defaults.vectors && p.corpus == defaults.corpus),
           "retrieval.encoder", "has no effect", "encoder, vectors and corpus belong to exact and ivf");
  VALIDATE(p.place == "server" || p.device == defaults.device, "retrieval.device", "has no effect",
           "with place = \"client\" it is serving.client_device");
}

RetrievalWork retrieval_work(const RetrievalParams& p, Tokens question) {
  EXPECT(question >= 1);
  if (p.index == "bm25") return {};
  const ModelShape& encoder = model_shape(p.encoder, "retrieval.encoder");
  const auto tokens = static_cast<double>(question);
  const double layers = encoder.layers, width = encoder.hidden;
  const double products = 2.0 * static_cast<double>(encoder.active_matrix_parameters()) * tokens;
  const double attention = 4.0 * encoder.heads * encoder.head_dim * tokens * tokens;  // each token to all
  const double blocks = bytes_per_parameter("fp16") * layers * static_cast<double>(encoder.block_parameters());
  const auto corpus = static_cast<double>(p.corpus);
  const bool lists = p.index == "ivf";
  const double scored =
      lists ? static_cast<double>(p.lists) + corpus * static_cast<double>(p.probes) / static_cast<double>(p.lists)
            : corpus;
  const double vector = bytes_per_parameter(p.vectors) * width;
  RetrievalWork work;
  work.encode = {Flops(layers * (products + attention)), Bytes(blocks)};
  work.search = {Flops(2.0 * width * scored), Bytes(vector * scored)};
  work.held = Bytes(bytes_per_parameter("fp16") * static_cast<double>(encoder.parameters()) +
                    vector * (corpus + (lists ? static_cast<double>(p.lists) : 0.0)));
  return work;
}

}  // namespace orrery::sim::workload
