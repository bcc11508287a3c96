#!/usr/bin/env bash
# Starts ranks on one machine: `ranks.sh N COMMAND ...`. The one place that knows how.
#   More ranks than cores: oversubscribe, do not bind, and let a waiting rank yield its core.
#   Root, as in containers, has to say so. Shared memory without ptrace rights: no single-copy mechanism.
set -euo pipefail
count=$1
shift
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl=self,vader,tcp OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_plm_rsh_agent=/bin/false OMPI_MCA_btl_base_warn_component_unused=0
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
exec mpirun -n "$count" "$@"
