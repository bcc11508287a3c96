// Messages of a live run on their way between ranks: an event, and after it whatever its parcel and its rows stand for.
#pragma once

#include "sim/execution/live/live_numbers.hpp"
#include "sim/serving/world.hpp"

namespace orrery::sim::serving {

class LiveMail final : public Remote {
 public:
  // Rank 0 is clients, directory and referee; node i is on rank 1 + i mod (ranks - 1).
  LiveMail(const Context& context, std::uint32_t nodes, execution::live::LiveNumbers& numbers)
      : rank_(context.rank()), size_(context.size()), nodes_(nodes), numbers_(numbers), courier_(context.comm) {
    EXPECT(size_ > 1);
  }

  // The cast is built around this object, so it comes later.
  void deliver_to(engine::Simulation& simulation, Mailroom& mail) { simulation_ = &simulation, mail_ = &mail; }

  bool is_elsewhere(engine::EntityId entity) const override { return rank_of(entity) != rank_; }
  void send(const engine::Event& event) override;
  // Takes in what has come. False: somebody said that the run is over.
  bool receive_all();
  // The run is over: says so to everybody else, and takes in what is still under way until all others have said so,
  // so that nothing of this run is left for whatever comes next on the communicator. On every rank.
  void close();

 private:
  int rank_of(engine::EntityId entity) const {
    return entity.index() < nodes_ ? 1 + static_cast<int>(entity.index() % static_cast<std::uint32_t>(size_ - 1)) : 0;
  }
  void pack(const engine::Event& event, execution::live::Frame& frame);
  void unpack(engine::Event& event, const execution::live::Frame& frame, std::size_t at);

  int rank_;
  int size_;
  std::uint32_t nodes_;
  execution::live::LiveNumbers& numbers_;
  execution::live::Courier courier_;
  int over_ = 0;  // ranks that have said that it is over
  engine::Simulation* simulation_ = nullptr;
  Mailroom* mail_ = nullptr;
};

}  // namespace orrery::sim::serving
