#include "kernels/workspace.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace orrery::kernels {
namespace {

TEST(Workspace, PiecesAreAlignedAndApart) {
  Workspace workspace;
  Workspace::Scope scope(workspace);
  float* a = scope.take(3);
  float* b = scope.take(100000);  // more than the first chunk holds
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a) % 64, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b) % 64, 0U);
  a[2] = 1.0F;
  b[0] = b[99999] = 2.0F;
  EXPECT_EQ(a[2], 1.0F);
}

TEST(Workspace, SecondUseAllocatesNothing) {
  Workspace workspace;
  std::size_t after_first = 0;
  for (int use = 0; use < 3; ++use) {
    Workspace::Scope scope(workspace);
    for (std::size_t i = 1; i < 50; ++i) scope.take(i * 1000);
    if (use == 0) after_first = workspace.allocations();
  }
  EXPECT_EQ(workspace.allocations(), after_first);
}

TEST(Workspace, InnerScopeGivesBack) {
  Workspace workspace;
  Workspace::Scope outer(workspace);
  outer.take(16);
  float* first = nullptr;
  {
    Workspace::Scope inner(workspace);
    first = inner.take(16);
  }
  EXPECT_EQ(outer.take(16), first);
}

TEST(Workspace, RefusesNonsense) {
  EXPECT_THROW(Workspace(Cpu{best_isa(), 0}), ContractError);
  EXPECT_THROW(Workspace({}, Numerics{0}), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
