// What a test that runs under mpirun may use; see mpi_main.cpp.
#pragma once

#include <mpi.h>

namespace orrery::tests {

// The communicator of this test run; valid from main until MPI_Finalize.
MPI_Comm communicator();

}  // namespace orrery::tests
