// Damaged files: whatever the damage, a reader either succeeds or throws InputError. The mutants are the same every
// time.
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "kernels/model/collection.hpp"
#include "kernels/model/ddpm.hpp"
#include "kernels/model/gguf.hpp"
#include "kernels/model/model.hpp"
#include "tests/kernels/model/ddpm_bytes.hpp"
#include "tests/kernels/model/folder.hpp"
#include "tests/kernels/model/gguf_model.hpp"
#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

// One to four wounds: bytes changed, cut out, doubled, the end cut off, or a number in the text replaced.
std::string mutant(Numbers& numbers, std::string file, std::size_t header_bytes) {
  const auto at = [&] {
    // Most wounds go where the structure is.
    const std::size_t end = numbers.integer(0, 4) == 0 ? file.size() : std::min(file.size(), header_bytes);
    return end == 0 ? 0 : static_cast<std::size_t>(numbers.bits() % end);
  };
  for (int wounds = numbers.integer(1, 4); wounds > 0 && !file.empty(); --wounds) {
    const std::size_t where = at();
    const auto length = std::min<std::size_t>(static_cast<std::size_t>(numbers.integer(1, 12)), file.size() - where);
    switch (numbers.integer(0, 6)) {
      case 0:
        file[where] = static_cast<char>(numbers.bits());
        break;
      case 1:
        file[where] = static_cast<char>(file[where] ^ (1 << numbers.integer(0, 7)));
        break;
      case 2:
        file.erase(where, length);
        break;
      case 3:
        file.insert(where, file.substr(at(), length));
        break;
      case 4:
        file.resize(where);
        break;
      case 5:
        std::memset(file.data() + where, numbers.integer(0, 1) == 0 ? 0 : 0xFF, length);
        break;
      default: {
        const std::size_t digit = file.find_first_of("0123456789", where);
        if (digit != std::string::npos)
          file.replace(digit, 1, std::to_string(numbers.integer(0, 1) == 0 ? numbers.bits() : 7));
      }
    }
  }
  return file;
}

struct Tally {
  int accepted = 0, refused = 0;
  template <class Action>
  void count(Action&& action) {
    try {
      action();
      ++accepted;
    } catch (const InputError& error) {
      // The grammar: `place: problem (why)...`
      EXPECT_NE(std::string(error.what()).find(": "), std::string::npos) << error.what();
      ++refused;
    }
  }
};

void load_all(const Model& model) {
  for (int block = 0; block < model.config().layers; ++block) static_cast<void>(model.load_block(block));
  static_cast<void>(model.load_embedding());
  static_cast<void>(model.load_head());
}

TEST(Fuzz, Safetensors) {
  Numbers numbers(1);
  Config config = small_config(false);
  config.layers = 1;
  const std::string json = config_json(config), good = safetensors_bytes(config, "BF16", 1);
  std::uint64_t header = 0;
  std::memcpy(&header, good.data(), sizeof header);
  Tally tally;
  for (int i = 0; i < 3000; ++i) {
    const std::string file = mutant(numbers, good, 8 + header);
    tally.count([&] { load_all(*Model::open_bytes(json, file, "")); });
  }
  EXPECT_GT(tally.refused, 2000);
  EXPECT_GT(tally.accepted, 10);  // a changed weight is still a weight
}

TEST(Fuzz, Gguf) {
  Numbers numbers(6);
  Config config = small_config(false);
  config.layers = 1;
  GgufBytes shape = gguf_model(config, 1), scores = shape, merges = shape;
  add_score_vocabulary(scores);
  add_merge_vocabulary(merges);
  Tally tally;
  for (const GgufBytes& kind : {shape, scores, merges}) {
    const std::string good = kind.bytes();
    const std::size_t header = kind.header().size();
    for (int i = 0; i < 2500; ++i) {
      const std::string file = mutant(numbers, good, header);
      tally.count([&] {
        Source source = parse_gguf("m.gguf", file);
        source.check();
        const auto model = Model::make(std::move(source));
        load_all(*model);
        if (model->tokenizer()) static_cast<void>(model->tokenizer()->encode("the robot\n in 1984"));
      });
    }
  }
  EXPECT_GT(tally.refused, 5000);
  EXPECT_GT(tally.accepted, 30);
}

// Numbers of the header where the structure is: counts, lengths, types, offsets.
TEST(Fuzz, GgufNumbers) {
  Config config = small_config(true);
  config.layers = 1;
  GgufBytes kind = gguf_model(config, 1);
  const std::string good = kind.bytes();
  Tally tally;
  for (std::size_t at = 0; at < kind.header().size(); ++at) {
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1} << 31, std::uint64_t{1} << 40, UINT64_MAX}) {
      std::string file = good;
      std::memcpy(file.data() + at, &value, 8);
      tally.count([&] { parse_gguf("m.gguf", file).check(); });
    }
  }
  EXPECT_GT(tally.refused, 4000);
}

// Three-dimensional tensors, many names: a mixture of experts in both formats.
TEST(Fuzz, Mixtures) {
  Numbers numbers(9);
  Config config = small_mixture(true);
  config.layers = 1;
  const std::string json = config_json(config), weights = safetensors_bytes(config, "BF16", 1);
  std::uint64_t header = 0;
  std::memcpy(&header, weights.data(), sizeof header);
  GgufBytes kind = gguf_model(config, 1);
  const std::string gguf = kind.bytes();
  Tally tally;
  for (int i = 0; i < 1500; ++i) {
    const std::string file = mutant(numbers, weights, 8 + header), other = mutant(numbers, gguf, kind.header().size());
    tally.count([&] { load_all(*Model::open_bytes(json, file, "")); });
    tally.count([&] {
      Source source = parse_gguf("m.gguf", other);
      source.check();
      load_all(*Model::make(std::move(source)));
    });
  }
  EXPECT_GT(tally.refused, 2000);
  EXPECT_GT(tally.accepted, 10);
}

// Any number of any tensor: the message says which tensor and at which byte.
TEST(Fuzz, NaNsAreFoundWhereTheyAre) {
  Numbers numbers(10);
  for (const bool mixture : {false, true}) {
    Config config = mixture ? small_mixture(false) : small_config(false);
    config.layers = 1;
    const std::string json = config_json(config), weights = safetensors_bytes(config, "F32", 1);
    const TensorTable table = parse_safetensors("w", weights);
    for (const auto& [name, tensor] : table.tensors) {
      std::string file = weights;
      const std::size_t at = tensor.offset + 4 * (numbers.bits() % (tensor.bytes / 4));
      const float nan = std::numeric_limits<float>::quiet_NaN();
      std::memcpy(file.data() + at, &nan, sizeof nan);
      const auto model = Model::open_bytes(json, file, "");
      EXPECT_NE(input_error([&] {
                  load_all(*model);
                }).find("tensor '" + name + "' holds NaN at byte " + std::to_string(at) + " "),
                std::string::npos)
          << name;
    }
  }
}

TEST(Fuzz, Collections) {
  Numbers numbers(11);
  const std::string good = ".I 1\n.T\nflow\n.A\nting\n.B\nj. ae.\n.W\npast a plate\n.I 2\n.W\nheat\n",
                    judged = "1 2 3\n1 4 -1\n";
  Tally tally;
  for (int i = 0; i < 2000; ++i) {
    const std::string text = mutant(numbers, good, good.size()), lines = mutant(numbers, judged, judged.size());
    tally.count([&] { static_cast<void>(parse_documents("c", text)); });
    tally.count([&] { static_cast<void>(parse_judgements("j", lines)); });
  }
  EXPECT_GT(tally.refused, 1000);
  EXPECT_GT(tally.accepted, 500);  // most wounds hit words
}

TEST(Fuzz, SafetensorsIndex) {
  Numbers numbers(7);
  const Config config = small_config(true);
  const Folder folder;
  folder.write("config.json", config_json(config));
  folder.write("a.safetensors", safetensors_bytes(config, "F32", 1));
  std::string good;
  for (const auto& [name, tensor] : parse_safetensors("a", safetensors_bytes(config, "F32", 1)).tensors)
    good += (good.empty() ? "" : ",") + ("\"" + name + "\":\"a.safetensors\"");
  good = "{\"weight_map\":{" + good + "}}";
  Tally tally;
  for (int i = 0; i < 150; ++i) {
    folder.write("model.safetensors.index.json", mutant(numbers, good, good.size()));
    tally.count([&] { static_cast<void>(Model::open(folder.path)); });
  }
  EXPECT_GT(tally.refused, 120);
}

TEST(Fuzz, Config) {
  Numbers numbers(2);
  const Config config = small_config(true);
  const std::string good = config_json(config), weights = safetensors_bytes(config, "F32", 1);
  Tally tally;
  for (int i = 0; i < 2000; ++i) {
    const std::string json = mutant(numbers, good, good.size());
    tally.count([&] { static_cast<void>(Model::open_bytes(json, weights, "")); });
  }
  EXPECT_GT(tally.refused, 1000);
}

TEST(Fuzz, Llama2c) {
  Numbers numbers(3);
  Config config = small_config(true);
  config.layers = 1;
  const std::string good = llama2c_bytes(config, 1);
  Tally tally;
  for (int i = 0; i < 3000; ++i) {
    const std::string file = mutant(numbers, good, 64);
    tally.count([&] {
      const Llama2c parsed = parse_llama2c("m.bin", file);
      parsed.tensors.check_against(parsed.config);
      for (const auto& [name, tensor] : parsed.tensors.tensors) static_cast<void>(parsed.tensors.read(name));
    });
  }
  EXPECT_GT(tally.refused, 1000);
  EXPECT_GT(tally.accepted, 10);
}

TEST(Fuzz, DiffusionModel) {
  Numbers numbers(8);
  const DdpmBytes good = ddpm_bytes();
  const std::string manifest = good.manifest.dump();
  Tally tally;
  for (int i = 0; i < 3000; ++i) {
    const bool text = numbers.integer(0, 2) > 0;
    const std::string json = text ? mutant(numbers, manifest, manifest.size()) : manifest;
    const std::string data = text ? good.data : mutant(numbers, good.data, good.data.size());
    tally.count([&] { static_cast<void>(make_ddpm(parse_manifest("m.json", json, "w.bin", data))); });
  }
  EXPECT_GT(tally.refused, 2000);
  EXPECT_GT(tally.accepted, 10);  // a changed weight is still a weight
}

TEST(Fuzz, Llama2cTokenizer) {
  Numbers numbers(4);
  const std::string good = llama2c_tokenizer_bytes();
  Tally tally;
  for (int i = 0; i < 3000; ++i) {
    const std::string file = mutant(numbers, good, good.size());
    tally.count([&] {
      const auto tokenizer = Tokenizer::parse_llama2c("t.bin", file);
      EXPECT_EQ(tokenizer->decode(tokenizer->encode("the robot\n")), "the robot\n");
    });
  }
  EXPECT_GT(tally.refused, 1000);
  EXPECT_GT(tally.accepted, 10);
}

TEST(Fuzz, HfTokenizer) {
  Numbers numbers(5);
  const std::string good = byte_level_tokenizer_json();
  Tally tally;
  for (int i = 0; i < 3000; ++i) {
    const std::string file = mutant(numbers, good, good.size());
    tally.count([&] { static_cast<void>(Tokenizer::parse_hf("t.json", file)->encode("the robot\n in 1984")); });
  }
  EXPECT_GT(tally.refused, 1000);
}

}  // namespace
}  // namespace orrery::kernels::model
