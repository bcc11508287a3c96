// A folder of its own for each test and rank, removed at the end: the tests of this folder run on several ranks at
// once.
#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <mpi.h>
#include <unistd.h>

#include "kernels/contract.hpp"
#include "tests/mpi_main.hpp"

namespace orrery::experiments::tests {

class Scratch : public testing::Test {
 protected:
  Scratch() {
    int rank = 0;
    MPI_Comm_rank(orrery::tests::communicator(), &rank);
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string("orrery-") + test->test_suite_name() + "-" + test->name() + "-" + std::to_string(rank) +
               "-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~Scratch() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::size_t files() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++count;
    return count;
  }

 private:
  std::filesystem::path folder_;
};

// The text of the InputError that a call must throw.
template <class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

}  // namespace orrery::experiments::tests
