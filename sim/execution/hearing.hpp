// What a computing rank keeps of an examination (command.hpp).
#pragma once

#include <map>
#include <memory>

#include "sim/execution/numbers.hpp"
#include "sim/execution/tape.hpp"

namespace orrery::sim::execution {

// An executor's side: what it did, made again from its inputs, and what it said to whom.
struct Exhibit {
  std::unique_ptr<Tape> tape;
  std::unique_ptr<Tape> proof;  // what it shows instead of that; null: the tape itself
  bool forges = false;          // whatever it says is all zeros
  std::map<Ticket, Dialogue> said;
  const Tape& shown(const Inspection& inspection) const {
    return proof && !inspection.sees_what_ran() ? *proof : *tape;
  }
};

// A verifier's.
struct Hearing {
  std::unique_ptr<Tape> own;
  Dialogue said;
  Judgement judgement;
};

}  // namespace orrery::sim::execution
