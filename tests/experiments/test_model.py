"""`orrery model`: what files hold, other formats, made up weights; and a mixture of experts served end to end."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).parents[2]
EMBEDDED = ROOT / "data" / "model" / "model.safetensors"

MIXTURE = """\
[experiment]
name = "mixture"
seed = 3
[model]
name = "mixtral-small"
path = "{model}"
weights = "fp32"
kv = "fp32"
[swarm]
node = [{{ device = "cpu-8", count = 4, blocks = 2 }}]
[network]
kind = "uniform"
[workload]
requests = 5
rate = 2
lengths = "fixed"
prompt_tokens = 12
output_tokens = 9
[serving]
memory_reserve_gib = 0
cache_tokens = 512
[execution]
mode = "real"
wire = "fp32"
experts = "{experts}"
[sharding]
policy = "even"
"""


def safetensors(path):
    """Name of each tensor to its type, shape and bytes."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    header.pop("__metadata__", None)
    return {name: (t["dtype"], t["shape"], raw[start + t["data_offsets"][0] : start + t["data_offsets"][1]])
            for name, t in header.items()}


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(raw)]}
        at += len(raw)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(raw for _, _, raw in tensors.values()))


class Model(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, name):
        return str(self.folder / name)

    def names(self):
        return sorted(p.name for p in self.folder.iterdir())

    def orrery(self, *arguments, ranks=None):
        launcher = [ROOT / "experiments" / "ranks.sh", str(ranks)] if ranks else []
        return subprocess.run([*launcher, os.environ["ORRERY_PROGRAM"], *map(str, arguments)], capture_output=True,
                              text=True, timeout=120)

    def done(self, *arguments, ranks=None):
        done = self.orrery(*arguments, ranks=ranks)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def refused(self, *arguments):
        before = self.names()
        done = self.orrery(*arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        lines = [line for line in done.stderr.splitlines() if line]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertEqual(self.names(), before, "nothing is left behind")
        return lines[0]

    def random(self, out, *arguments):
        return self.done("model", "random", "mixtral-small", self.path(out), *arguments)

    def test_info_says_what_the_embedded_model_holds(self):
        text = self.done("model", "info", EMBEDDED)
        lines = {line.split()[0]: line for line in text.splitlines() if line}
        self.assertIn("safetensors, 1 file of weights", lines["format"])
        self.assertIn("12 blocks of width 128, 4 heads over 2 key-value heads of 32, MLP of width 352", lines["shape"])
        self.assertIn("BPE, 1024 tokens", lines["tokenizer"])
        parameters = 12 * (2 * 128 + 128 * (128 + 2 * 64) + 128 * 128 + 3 * 128 * 352) + 1024 * 128 + 128
        self.assertEqual(lines["parameters"].split()[1], str(parameters))
        stored = lines["bf16"].split()
        self.assertEqual(int(stored[2]), parameters)
        self.assertEqual(int(stored[3]), 2 * parameters)
        block = int(lines["blocks"].split()[2])
        self.assertEqual(12 * block + 2 * (1024 * 128 + 128), 2 * parameters)

    def test_a_mixture_says_what_its_experts_take(self):
        text = self.random("m", "--context", 64)
        self.assertTrue(text.startswith(self.path("m") + "\n"))
        self.assertIn("8 experts of width 96, of which a token uses 2", text)
        self.assertIn("context 64", text)
        self.assertIn("1 of 4 ranks: 1 of 4 blocks", text)
        self.assertIn("or 2 of 8 experts of every block", text)
        expert = next(line for line in text.splitlines() if "of it each expert" in line).split()
        self.assertEqual(int(expert[-4]), 4 * 3 * 64 * 96)
        self.assertEqual(text.split("\n", 1)[1], self.done("model", "info", self.path("m")))
        self.assertEqual(self.names(), ["m"])
        self.assertEqual(sorted(p.name for p in (self.folder / "m").iterdir()),
                         ["config.json", "model.safetensors", "tokenizer.json"])

    def test_random_weights_depend_on_their_seed_alone(self):
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            self.random(name + ".gguf", "--seed", seed)
        a, b, c = ((self.folder / f"{name}.gguf").read_bytes() for name in "abc")
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)
        self.assertEqual(len(a), len(c))

    def test_conversions_there_and_back_keep_every_byte(self):
        self.random("start")
        for source, target in (("start", "one.gguf"), ("one.gguf", "back"), ("back", "two.gguf")):
            self.done("model", "convert", self.path(source), self.path(target))
        self.assertEqual((self.folder / "one.gguf").read_bytes(), (self.folder / "two.gguf").read_bytes())
        for name in ("model.safetensors", "config.json"):
            self.assertEqual((self.folder / "start" / name).read_bytes(), (self.folder / "back" / name).read_bytes(), name)

    def test_a_model_in_parts_is_the_model(self):
        self.random("whole")
        tensors = safetensors(self.folder / "whole" / "model.safetensors")
        (self.folder / "parts").mkdir()
        for name in ("config.json", "tokenizer.json"):
            (self.folder / "parts" / name).write_bytes((self.folder / "whole" / name).read_bytes())
        parts = {f"model-0000{i + 1}-of-00003.safetensors": sorted(tensors)[i::3] for i in range(3)}
        for file, names in parts.items():
            write_safetensors(self.folder / "parts" / file, {name: tensors[name] for name in names})
        index = {"metadata": {}, "weight_map": {name: file for file, names in parts.items() for name in names}}
        (self.folder / "parts" / "model.safetensors.index.json").write_text(json.dumps(index))
        self.assertIn("3 files of weights", self.done("model", "info", self.path("parts")))
        for source in ("whole", "parts"):
            self.done("model", "convert", self.path(source), self.path(source + ".gguf"))
        self.assertEqual((self.folder / "parts.gguf").read_bytes(), (self.folder / "whole.gguf").read_bytes())
        (self.folder / "parts" / "model-00002-of-00003.safetensors").unlink()
        self.assertIn("model-00002-of-00003.safetensors", self.refused("model", "convert", self.path("parts"), self.path("x.gguf")))

    @unittest.skipUnless("ORRERY_DATA" in os.environ, "ORRERY_DATA is not set: the data pack with stories260K is needed")
    def test_a_llama2c_file_keeps_its_numbers_in_other_formats(self):
        source = pathlib.Path(os.environ["ORRERY_DATA"]) / "models" / "stories260K.bin"
        raw = source.read_bytes()
        dim, ffn, layers, heads, _, vocab, _ = np.frombuffer(raw, np.int32, 7)
        numbers = np.frombuffer(raw, np.float32, offset=28)
        self.done("model", "convert", source, self.path("one.gguf"))
        self.done("model", "convert", self.path("one.gguf"), self.path("back"))
        self.done("model", "convert", source, self.path("straight"))
        tensors = safetensors(self.folder / "straight" / "model.safetensors")
        self.assertTrue(tensors == safetensors(self.folder / "back" / "model.safetensors"))
        embedding = tensors["model.embed_tokens.weight"]
        self.assertEqual(embedding, ("F32", [vocab, dim], numbers[: vocab * dim].tobytes()))
        norm = tensors["model.layers.1.input_layernorm.weight"]  # all layers' norms follow the embedding
        self.assertEqual(norm, ("F32", [dim], numbers[(vocab + 1) * dim : (vocab + 2) * dim].tobytes()))
        down = tensors[f"model.layers.{layers - 1}.mlp.down_proj.weight"]
        self.assertEqual(down[:2], ("F32", [dim, ffn]))
        self.assertTrue(down[2] in raw)
        # llama2.c turns neighbours, Hugging Face's rotation halves of a head.
        at, width = (vocab + layers) * dim, dim // heads
        order = [h * width + 2 * (i % (width // 2)) + i // (width // 2) for h in range(heads) for i in range(width)]
        queries = numbers[at : at + dim * dim].reshape(dim, dim)[order]
        self.assertEqual(tensors["model.layers.0.self_attn.q_proj.weight"], ("F32", [dim, dim], queries.tobytes()))

    def test_dtypes_change_what_is_stored(self):
        self.random("m.gguf")
        sizes = []
        for dtype in ("f32", "bf16", "q8_0", "q4_0"):
            text = self.done("model", "convert", self.path("m.gguf"), self.path(dtype + ".gguf"), "--dtype", dtype)
            self.assertIn("\n" + dtype, text)
            sizes.append((self.folder / (dtype + ".gguf")).stat().st_size)
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertLess(sizes[3], 0.3 * sizes[0])

    def test_bad_input_is_one_message_and_nothing_is_written(self):
        self.random("m")
        out = self.path("out.gguf")
        convert, random = ("model", "convert", self.path("m")), ("model", "random")
        self.assertIn("cannot be opened", self.refused("model", "info", self.path("absent.gguf")))
        self.assertIn("is not a model that can be read", self.refused("model", "info", ROOT / "README.md"))
        self.assertIn("A subcommand is required", self.refused("model"))
        self.assertIn("unknown dtype 'f64'", self.refused(*convert, out, "--dtype", "f64"))
        self.assertIn("would be overwritten (it exists)", self.refused(*convert, self.path("m")))
        self.assertIn("would be overwritten (it exists)", self.refused(*convert, self.path("m") + "/"))
        self.assertIn("does not name what would be written", self.refused(*convert, self.path("x.safetensors")))
        self.assertIn("cannot be written (No such file or directory)", self.refused(*convert, self.path("no/x.gguf")))
        self.assertIn("cannot be written (No such file or directory)", self.refused(*convert, self.path("no/x")))
        self.assertIn("cannot be written as safetensors in q8_0", self.refused(*convert, self.path("x"), "--dtype", "q8_0"))
        self.assertIn("unknown model 'mixtral-smal'", self.refused(*random, "mixtral-smal", out))
        self.assertIn("'bloom-176b' is no Llama or Mixtral", self.refused(*random, "bloom-176b", out))
        self.assertIn("random weights are made in memory", self.refused(*random, "llama-2-7b", out))
        self.assertIn("--context", self.refused(*random, "mixtral-small", out, "--context", "0"))

    def test_a_weight_that_is_no_number_is_found_while_writing_and_nothing_stays(self):
        self.random("m")
        weights = self.folder / "m" / "model.safetensors"
        broken = bytearray(weights.read_bytes())
        broken[-4:] = np.float32("nan").tobytes()
        weights.write_bytes(broken)
        for out in ("x.gguf", "x"):
            self.assertIn(f"holds NaN at byte {len(broken) - 4}", self.refused("model", "convert", self.path("m"), self.path(out)))
        weights.write_bytes(broken[:-4])
        self.assertIn("The file is truncated", self.refused("model", "convert", self.path("m"), self.path("x.gguf")))

    def run_mixture(self, experts, ranks):
        scenario, out = self.folder / f"{experts}.toml", self.path(f"{experts}{ranks}.h5")
        scenario.write_text(MIXTURE.format(model=self.path("m.gguf"), experts=experts))
        self.done("run", scenario, "--quiet", "--out", out, ranks=ranks)
        return out

    def science(self, path):
        """Every dataset but the run's id, which hashes the scenario; of that all but the key that says where experts are."""
        found = {}
        with h5py.File(path) as file:
            file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
        found.pop("id")
        lines = [line for text in found.pop("scenario") for line in text.decode().splitlines()]
        kept = [line for line in lines if not line.startswith("execution.experts ")]
        self.assertEqual(len(lines), len(kept) + 1)
        return {"scenario": kept} | {name: value.tolist() if value.dtype.kind == "O" else value.tobytes()
                                     for name, value in found.items()}

    def test_a_mixture_says_the_same_wherever_its_experts_are(self):
        self.random("m.gguf", "--context", 64)
        alone = self.run_mixture("node", 1)
        want = self.science(alone)
        self.assertEqual(len(want["text"]), 5)
        digests = set()
        for ranks in (1, 2, 4):
            out = self.run_mixture("ranks", ranks)
            got = self.science(out)
            self.assertEqual({name for name in want if want[name] != got.get(name)}, set())
            self.assertEqual(want.keys(), got.keys())
            digests.add(pathlib.Path(out).read_bytes())
        self.assertEqual(len(digests), 1, "the same file on any number of ranks")
        self.assertEqual(self.science(self.run_mixture("node", 2)), want)
        # And it can differ: other weights say something else.
        os.remove(self.path("m.gguf"))
        self.random("m.gguf", "--context", 64, "--seed", 2)
        self.assertNotEqual(self.science(self.run_mixture("node", 2))["text"], want["text"])

    def test_a_mixture_that_does_not_fit_the_scenario_is_one_message(self):
        self.random("m.gguf", "--context", 64)
        scenario = self.folder / "s.toml"
        text = MIXTURE.format(model=self.path("m.gguf"), experts="ranks")
        for change, reason in ((("mixtral-small", "stories260K"), "weights have 4 blocks of width 64 (model.name = "),
                               (("output_tokens = 9", "output_tokens = 60"), "the model's context is 64"),
                               (('"mixtral-small"\npath = ' + f'"{self.path("m.gguf")}"', '"embedded"'),
                                "execution.experts: has no effect (the model has no experts to deal out)"),
                               (('experts = "ranks"', 'experts = "nodes"'), "nodes")):
            scenario.write_text(text.replace(*change))
            self.assertIn(reason, self.refused("run", scenario, "--quiet"))


if __name__ == "__main__":
    unittest.main()
