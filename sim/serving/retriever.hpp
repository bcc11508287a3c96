// The server of passages: takes questions, one after another, and answers with passages. It stands beside the
// directory.
#pragma once

#include "sim/engine/process.hpp"
#include "sim/serving/peer.hpp"

namespace orrery::sim::serving {

// Encoding a question of so many tokens and searching the index for it.
Duration lookup_time(const Lookup& lookup, Tokens question);

class Retriever final : public Peer {
 public:
  explicit Retriever(World& world);
  ~Retriever() override { kill_all(); }

  // So far, up to the end of what it has begun.
  double busy_s() const { return busy_.seconds(); }

 private:
  void receive(const engine::Event& event) override;
  engine::Process answer(Query query);

  Time free_;  // when it has answered all that it was asked
  Duration busy_;
};

}  // namespace orrery::sim::serving
