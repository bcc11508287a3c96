"""The Slurm scripts under a real slurmctld, slurmd and munged of our own, on one node; skipped aloud where they cannot run."""

import hashlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["ORRERY_PROGRAM"]
ROOT = pathlib.Path(__file__).parents[2]

SWEEP = """\
[swarm]
nodes = 12
devices = {a40 = 1}
[network]
kind = "uniform"
[workload]
requests = 5
output_tokens = 4
[sweep]
replicas = 2
[sweep.over]
workload.rate = [1, 2, 3, 4]
"""

CONF = """\
ClusterName=test
SlurmctldHost={host}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort={control}
SlurmdPort={node}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
NodeName={host} CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=200 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
SlurmdParameters=config_overrides
"""


def free_port():
    with socket.socket() as s:
        s.bind(("", 0))
        return s.getsockname()[1]


class Cluster:
    """One node; everything that it needs lies in one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf"), "OMPI_ALLOW_RUN_AS_ROOT": "1",
                            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
                            "OMPI_MCA_hwloc_base_binding_policy": "none", "OMPI_MCA_mpi_yield_when_idle": "1",
                            "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMPI_MCA_btl": "self,vader,tcp",
                            "ORRERY": PROGRAM}

    def start(self):
        host = socket.gethostname().split(".")[0]
        (self.folder / "slurm.conf").write_text(
            CONF.format(host=host, folder=self.folder, control=free_port(), node=free_port()))
        (self.folder / "state").mkdir()
        (self.folder / "spool").mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        self.run(["munged", "--foreground", "--force", f"--socket={self.folder}/munge.socket", f"--key-file={key}",
                  f"--pid-file={self.folder}/munge.pid", f"--log-file={self.folder}/munge.log",
                  f"--seed-file={self.folder}/munge.seed"])
        self.wait(lambda: (self.folder / "munge.socket").exists(), "munged")
        self.run(["slurmctld", "-D", "-i"])
        self.run(["slurmd", "-D"])
        self.wait(lambda: "idle" in self.ask("sinfo", "-h", "-o", "%T"), "an idle node")

    def run(self, command):
        log = open(self.folder / f"{command[0]}.out", "wb")
        self.started.append(subprocess.Popen(command, env=self.environment, stdout=log, stderr=log))
        log.close()

    def ask(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30).stdout

    def wait(self, ready, what, seconds=60):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end or any(p.poll() is not None for p in self.started):
                last = "".join(log.read_text(errors="replace")[-400:] for log in sorted(self.folder.glob("*.out")))
                raise RuntimeError(f"waited for {what}: {last}")
            time.sleep(0.2)

    def submit(self, *arguments):
        job = subprocess.run(["sbatch", "--parsable", *map(str, arguments)], env=self.environment, cwd=self.folder,
                             capture_output=True, text=True, timeout=60)
        if job.returncode != 0:
            raise RuntimeError(job.stderr)
        number = job.stdout.strip().split(";")[0]
        self.wait(lambda: not self.ask("squeue", "-h", "-j", number), f"job {number}", 200)

    def stop(self):
        for process in reversed(self.started):
            process.terminate()
        for process in self.started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Slurm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        missing = [name for name in ("munged", "slurmctld", "slurmd", "sbatch") if not shutil.which(name)]
        if missing:
            raise unittest.SkipTest(f"no Slurm here: {', '.join(missing)} not found (apt-get install slurm-wlm)")
        if os.geteuid() != 0:
            raise unittest.SkipTest(f"slurmd starts jobs as root only; this is {pwd.getpwuid(os.geteuid()).pw_name}")
        folder = tempfile.TemporaryDirectory(dir="/tmp")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.cluster = Cluster(cls.folder)
        cls.addClassCleanup(cls.cluster.stop)
        try:
            cls.cluster.start()
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            raise unittest.SkipTest(f"Slurm does not start here ({error})") from None
        (cls.folder / "s.toml").write_text(SWEEP)
        subprocess.run([PROGRAM, "sweep", cls.folder / "s.toml", "--quiet", "--out", cls.folder / "here.h5"], check=True,
                       stdout=subprocess.DEVNULL)

    def digest(self, name):
        self.assertTrue((self.folder / name).exists(), self.logs())
        return hashlib.sha256((self.folder / name).read_bytes()).hexdigest()

    def logs(self):
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in self.folder.glob("orrery-*.out"))

    def test_a_job_of_two_ranks_writes_the_file(self):
        self.cluster.submit("-n", 2, ROOT / "experiments/slurm/sweep.sbatch", self.folder / "s.toml", self.folder / "job.h5")
        self.assertEqual(self.digest("job.h5"), self.digest("here.h5"))
        self.assertIn("2 ranks", self.logs())

    def test_an_array_in_parts_merges_to_the_same_file(self):
        self.cluster.submit("--array=0-2", ROOT / "experiments/slurm/array.sbatch", self.folder / "s.toml", self.folder / "part")
        parts = [str(self.folder / f"part.{i}.h5") for i in range(3)]
        for part in parts:
            self.assertTrue(pathlib.Path(part).exists(), self.logs())
        subprocess.run([PROGRAM, "merge", *parts, "--out", self.folder / "merged.h5"], check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(self.digest("merged.h5"), self.digest("here.h5"))


if __name__ == "__main__":
    unittest.main()
