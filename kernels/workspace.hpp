// Scratch memory that a caller lends to the kernels, with the choices that hold for all of them.
//
// A Workspace is a stack of floats: a Scope takes, and gives everything back when it ends. It grows at first use and
// then keeps its memory, so that the second call of the same shape allocates nothing. One Workspace serves one caller
// at a time; the OpenMP threads of one kernel share what the kernel took before they started.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/cpu.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels {

class Workspace {
 public:
  explicit Workspace(Cpu cpu = {}, Numerics numerics = {});

  Cpu cpu;
  Numerics numerics;

  std::size_t allocations() const { return chunks_.size(); }

  class Scope {
   public:
    explicit Scope(Workspace& workspace) : owner_(workspace), chunk_(workspace.chunk_), used_(workspace.used_) {}
    ~Scope() { owner_.chunk_ = chunk_, owner_.used_ = used_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    // count floats, 64-byte aligned, not initialised, valid until this scope ends.
    float* take(std::size_t count) { return owner_.take(count); }
    MatrixView matrix(int rows, int cols);

   private:
    Workspace& owner_;
    std::size_t chunk_, used_;
  };

 private:
  struct Chunk {
    FloatBuffer data;
    std::size_t size;
  };
  float* take(std::size_t count);

  std::vector<Chunk> chunks_;  // never moved or freed while the Workspace lives: scopes hold pointers into them
  std::size_t chunk_ = 0, used_ = 0;
};

}  // namespace orrery::kernels
