#include "sim/context.hpp"

namespace orrery::sim {

int Context::rank() const {
  int rank = 0;
  if (comm != MPI_COMM_NULL) MPI_Comm_rank(comm, &rank);
  return rank;
}

int Context::size() const {
  int size = 1;
  if (comm != MPI_COMM_NULL) MPI_Comm_size(comm, &size);
  return size;
}

}  // namespace orrery::sim
