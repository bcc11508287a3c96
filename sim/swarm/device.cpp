#include "sim/swarm/device.hpp"

#include "data/facts.hpp"
#include "sim/config/fields.hpp"
#include "sim/config/toml.hpp"

namespace orrery::sim::swarm {
namespace {

// As written in data/devices.toml.
struct Row {
  std::string name, what, fit, source;
  double fp32 = 0, fp16 = 0, bf16 = 0, int8 = 0, int4 = 0;
  double memory = 0, memory_bandwidth = 0;
  double compute_efficiency = 0, bandwidth_efficiency = 0;
  double block_overhead_s = 0, stage_overhead_s = 0, tdp_w = 0, share = 0;

  static config::Fields<Row> fields() {
    return config::Fields<Row>()
        .text("name", &Row::name, "how scenarios spell the class")
        .text("what", &Row::what, "the machine in one line")
        .real("fp32", &Row::fp32, "flop/s", "peak rate", 1e9, 1e18)
        .real("fp16", &Row::fp16, "flop/s", "peak rate", 1e9, 1e18)
        .real("bf16", &Row::bf16, "flop/s", "peak rate", 1e9, 1e18)
        .real("int8", &Row::int8, "op/s", "peak rate", 1e9, 1e18)
        .real("int4", &Row::int4, "op/s", "peak rate", 1e9, 1e18)
        .real("memory", &Row::memory, "byte", "for weights and KV cache", 1e8, 1e14)
        .real("memory_bandwidth", &Row::memory_bandwidth, "byte/s", "peak", 1e9, 1e15)
        .real("compute_efficiency", &Row::compute_efficiency, "1", "reached share of the peak rate", 1e-3, 1)
        .real("bandwidth_efficiency", &Row::bandwidth_efficiency, "1", "reached share of the bandwidth", 1e-3, 1)
        .real("block_overhead_s", &Row::block_overhead_s, "s", "fixed time per block and pass", 0, 1)
        .real("stage_overhead_s", &Row::stage_overhead_s, "s", "fixed time per stage call", 0, 1)
        .real("tdp_w", &Row::tdp_w, "W", "power limit", 1, 1e4)
        .real("share", &Row::share, "1", "share of consumers' machines", 0, 1)
        .text("fit", &Row::fit, "what the efficiencies were fitted to")
        .text("source", &Row::source, "of the peak rates");
  }
};

struct Facts {
  std::vector<DeviceClass> classes;
  config::Mix shares;
};

const Facts& facts() {
  static const Facts all = [] {
    struct File {
      std::vector<Row> rows;
    } file;
    const auto fields = config::Fields<File>().rows("device", &File::rows, "device classes");
    config::read_fields(fields.list(), &file, config::parse_toml(data::fact("devices.toml"), "devices.toml"));
    Facts facts;
    for (const Row& r : file.rows) {
      facts.classes.push_back({r.name, r.what, FlopsPerSecond(r.fp32), FlopsPerSecond(r.fp16), FlopsPerSecond(r.bf16),
                               FlopsPerSecond(r.int8), FlopsPerSecond(r.int4), Bytes(r.memory),
                               BytesPerSecond(r.memory_bandwidth), r.compute_efficiency, r.bandwidth_efficiency,
                               r.block_overhead_s, r.stage_overhead_s, r.tdp_w, r.source + "; efficiencies: " + r.fit});
      if (r.share > 0) facts.shares.emplace_back(r.name, r.share);
    }
    return facts;
  }();
  return all;
}

}  // namespace

FlopsPerSecond DeviceClass::peak(std::string_view dtype) const {
  if (dtype == "fp32") return fp32;
  if (dtype == "fp16") return fp16;
  if (dtype == "bf16") return bf16;
  if (dtype == "int8") return int8;
  EXPECT(dtype == "int4");
  return int4;
}

const std::vector<DeviceClass>& devices() { return facts().classes; }

const config::Mix& consumer_devices() { return facts().shares; }

const DeviceClass& device(DeviceId id) {
  EXPECT(id.index() < devices().size());
  return devices()[id.index()];
}

DeviceId device_named(std::string_view name, std::string_view place) {
  std::vector<std::string> names;
  for (const DeviceClass& d : devices()) {
    if (d.name == name) return DeviceId(static_cast<std::uint32_t>(names.size()));
    names.push_back(d.name);
  }
  fail_input(place, "unknown device '" + std::string(name) + "'", "it is not in data/devices.toml",
             config::suggest(name, names));
}

}  // namespace orrery::sim::swarm
