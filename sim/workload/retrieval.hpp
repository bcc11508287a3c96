// The [retrieval] section: what workload.kind = "rag" looks up before it asks a model. The question becomes a vector
// (or stays words), an index gives the nearest passages, and these go into the prompt before the question.
#pragma once

#include <cstdint>
#include <string>

#include "sim/config/fields.hpp"
#include "sim/units.hpp"

namespace orrery::sim::workload {

struct RetrievalParams {
  std::string place = "server";       // "server": one, beside the directory; "client": each has the index
  std::string device = "a100-80";     // of the server
  std::string index = "exact";        // "exact", "ivf", "bm25"
  std::string encoder = "bert-base";  // a model of data/models.toml, for exact and ivf
  std::string vectors = "fp32";       // numbers of the index
  std::int64_t corpus = 21'015'324;   // passages (DPR's Wikipedia)
  std::int64_t passages = 5;
  std::int64_t passage_tokens = 130;
  std::int64_t lists = 4096;  // ivf
  std::int64_t probes = 32;   // ivf
  double search_ms = 0;       // a measured search, in the place of the roofline's

  Tokens tokens() const { return passages * passage_tokens; }
  static config::Fields<RetrievalParams> fields();
};

// InputError for keys that contradict each other, and for an encoder that is none.
void validate(const RetrievalParams& params);

// What a question asks of a device, one thing after the other.
struct RetrievalWork {
  struct Phase {
    Flops flops;
    Bytes read;
  };
  Phase encode;  // the question's tokens through the encoder, whose blocks are read once, in fp16
  Phase search;  // scores of all vectors (exact), or of the centroids and of the lists probed (ivf)
  Bytes held;    // memory for encoder and index; of bm25 not known here, zero
};
// `question` [token] >= 1. For bm25 nothing: how much it reads hangs on the words (search_ms).
RetrievalWork retrieval_work(const RetrievalParams& params, Tokens question);

}  // namespace orrery::sim::workload
