// The program: the only file that sees argv, and the one that starts MPI.
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "experiments/bench_engine.hpp"
#include "experiments/bench_evidence.hpp"
#include "experiments/bench_kernels.hpp"
#include "experiments/bench_layer.hpp"
#include "experiments/bench_scale.hpp"
#include "experiments/bench_serving.hpp"
#include "experiments/calibrate.hpp"
#include "experiments/calibrate_detection.hpp"
#include "experiments/calibrate_foreign.hpp"
#include "experiments/check.hpp"
#include "experiments/docs.hpp"
#include "experiments/explain.hpp"
#include "experiments/files.hpp"
#include "experiments/list.hpp"
#include "experiments/model_files.hpp"
#include "experiments/model_info.hpp"
#include "experiments/numerics_table.hpp"
#include "experiments/placement.hpp"
#include "experiments/plugin.hpp"
#include "experiments/ranks.hpp"
#include "experiments/results.hpp"
#include "experiments/rows/row.hpp"
#include "experiments/rows/sharing.hpp"
#include "experiments/run.hpp"
#include "experiments/sample.hpp"
#include "experiments/show.hpp"
#include "experiments/sweep/cost.hpp"
#include "experiments/sweep/diff.hpp"
#include "experiments/sweep/merge.hpp"
#include "experiments/sweep/plan.hpp"
#include "experiments/sweep/status.hpp"
#include "experiments/sweep/sweep.hpp"
#include "experiments/version.hpp"
#include "experiments/wire_table.hpp"
#include "kernels/contract.hpp"

namespace {

namespace ex = orrery::experiments;

constexpr const char* greeting =
    R"(Orrery simulates decentralised AI inference: a swarm of unlike, unreliable machines in virtual
time, and the sharding, routing, verification and incentive policies that make them serve a model.

  orrery run FILE        run a scenario; under mpirun on many ranks, with the same result
  orrery sweep FILE      every run that a scenario's [sweep] describes, into one results file
  orrery status RESULTS  how far a sweep is
  orrery calibrate device FILE  on ranks: what they need for a stage and a hop, as an [execution] section
  orrery calibrate detection  how often each protocol catches each cheat; foreign: on traces of real devices
  orrery merge A B ...   several results files as one; orrery diff A B compares two
  orrery check FILE      validate a scenario; print it with every default, its id and its size
  orrery placement FILE  what every sharding policy makes of its nodes: flow, bound, bottleneck
  orrery list [WHAT]     the names that a scenario can use: policies, devices, models, ...
  orrery explain [WHAT]  a section, policy or key in prose (routing.petals, serving, ...)
  orrery show RESULTS    a results file as a table
  orrery numerics        how far other devices and cheats drift from the canonical numbers
  orrery bench NAME      measure: engine, evidence, kernels, layer, scale, serving, wire
  orrery rows NAME       tables: trust, bridge, sharing, flows; orrery cost FILE: verification a token
  orrery model info FILE what weights hold; convert, random; orrery sample: images; orrery docs; orrery version

Try:  orrery run experiments/churn.toml --out churn.h5
)";

// Adds the subcommands; the one that is given sets `chosen`, which prints or runs on all ranks and returns the exit
// code.
class Commands {
 public:
  Commands(CLI::App& app, const ex::Ranks& ranks, std::vector<std::string> arguments) : app_(app), ranks_(ranks) {
    run_.command = arguments;
    sweep_.command = std::move(arguments);
  }

  void add_all() {
    app_.require_subcommand(0, 1);
    app_.option_defaults()->always_capture_default();  // help and CLI.md show them
    add_run();
    add_sweep();
    add_calibrate();
    add_diff();
    add_texts();
  }
  // Before anything asks for a policy. Collective.
  int run() const {
    ex::load_plugins(plugins_, ranks_);
    return chosen();
  }

 private:
  std::function<int()> chosen = [] {
    fmt::print("{}", greeting);
    return 0;
  };

  void add_plugin(CLI::App* command) {
    command->add_option("--plugin", plugins_, "shared object with policies (docs/POLICY.md); may be repeated")
        ->type_name("FILE")
        ->allow_extra_args(false);
  }

  void add_run() {
    CLI::App* run = app_.add_subcommand("run", "run a scenario");
    add_plugin(run);
    run->add_option("FILE", run_.scenario, "scenario (TOML)")->required();
    run->add_option("--set", run_.changes, "section.key=value; may be repeated")->allow_extra_args(false);
    run->add_option("--seed", run_.seed, "instead of experiment.seed");
    add_row(run);
    run->add_option("--out", run_.out, "results file (HDF5); beside it a log of this execution");
    run->add_option("--trace", run_.trace, "virtual timeline as Chrome trace JSON, for https://ui.perfetto.dev");
    run->add_flag("--quiet", run_.quiet, "no talk on stderr");
    run->add_option("--threads", run_.threads, "threads of each rank")->check(CLI::Range(1, 4096));
    run->callback([this] { chosen = [this] { return ex::run_scenario(run_, ranks_); }; });
  }

  void add_sweep() {
    CLI::App* sweep = app_.add_subcommand("sweep", "run everything that a scenario's [sweep] describes");
    add_plugin(sweep);
    sweep->add_option("FILE", sweep_.scenario, "scenario (TOML) with a section [sweep]")->required();
    sweep->add_option("--out", sweep_.out, "results file (HDF5); beside it a log of this execution")->required();
    sweep->add_option("--set", sweep_.changes, "section.key=value; may be repeated")->allow_extra_args(false);
    sweep->add_option("--seed", sweep_.seed, "instead of experiment.seed");
    sweep->add_option("--part", part_,
                      "K/N: only every Nth row, from the Kth (0 to N-1); `orrery merge` joins the files");
    sweep->add_flag("--retry", sweep_.retry, "run rows that failed again");
    sweep->add_flag("--quiet", sweep_.quiet, "no talk on stderr");
    sweep->add_option("--threads", sweep_.threads, "threads of each rank")->check(CLI::Range(1, 4096));
    sweep->callback([this] {
      if (!part_.empty()) std::tie(sweep_.part, sweep_.parts) = ex::sweep::read_part(part_);
      chosen = [this] { return ex::sweep::run_sweep(sweep_, ranks_); };
    });
  }

  void add_calibrate() {
    CLI::App* calibrate = app_.add_subcommand("calibrate", "measure what runs draw from");
    CLI::App* detection = calibrate->add_subcommand(
        "detection", "every behaviour against every verification protocol, on real activations");
    calibrate->require_subcommand(1);
    CLI::Option* plan = detection->add_option("FILE", detection_.plan, "experiment (TOML) with a section [detection]");
    detection->add_option("--model", detection_.model, "weights (file or folder); the embedded model where left out");
    detection->add_option("--name", detection_.name, "under which the rates are kept");
    detection->add_option("--text", detection_.text, "text that prompts are windows of");
    detection->add_option("--out", detection_.out, "results file (HDF5), one row a cell");
    detection->add_option("--table", detection_.table, "summary as TOML, as data/detection.toml is");
    detection->add_option("--fpr", detection_.fpr, "false positives that calibrated thresholds allow")
        ->check(CLI::Range(1e-4, 0.5))
        ->excludes(plan);
    detection->add_option("--honest", detection_.honest, "requests of honest executors, half of them to calibrate")
        ->check(CLI::Range(4, 1000000))
        ->excludes(plan);
    detection->add_option("--cheats", detection_.cheats, "requests of each cheat")
        ->check(CLI::Range(1, 1000000))
        ->excludes(plan);
    detection->add_option("--tokens", detection_.tokens, "tokens generated for each")
        ->check(CLI::Range(2, 4096))
        ->excludes(plan);
    detection->add_flag("--quick", detection_.quick, "two populations, three cheats, the whole model")->excludes(plan);
    detection->add_option("--threads", detection_.threads, "threads of each rank")->check(CLI::Range(1, 4096));
    CLI::App* foreign =
        calibrate->add_subcommand("foreign", "what protocols say of traces of other devices and programs");
    foreign->add_option("TRACES", foreign_.traces, "files of traces, as data/derive/foreign_traces.py writes them");
    foreign->add_option("--questions", foreign_.questions, "write the prompts and noise that they answer");
    foreign->add_option("--table", foreign_.table, "summary as TOML, as data/foreign.toml is");
    foreign->add_option("--sequences", foreign_.sequences, "of the questions")->check(CLI::Range(1, 100000));
    foreign->add_option("--tokens", foreign_.tokens, "generated in each")->check(CLI::Range(2, 4096));
    foreign->add_option("--threads", foreign_.threads, "threads")->check(CLI::Range(1, 4096));
    add_text(foreign, [this] { return ex::calibrate_foreign(foreign_); });
    CLI::App* device = calibrate->add_subcommand("device", "on ranks: what they need for a stage, a token and a hop");
    device->add_option("FILE", run_.scenario, "scenario (TOML) with execution.mode = \"live\"")->required();
    device->add_option("--set", run_.changes, "section.key=value; may be repeated")->allow_extra_args(false);
    device->add_option("--threads", run_.threads, "threads of each rank")->check(CLI::Range(1, 4096));
    device->callback([this] { chosen = [this] { return ex::run_calibration(run_, ranks_); }; });
    detection->callback([this] { chosen = [this] { return ex::calibrate_detection(detection_, ranks_); }; });
  }

  // Exit code 1 where the files differ.
  void add_diff() {
    CLI::App* diff = app_.add_subcommand("diff", "two results files, run by run and point by point");
    diff->add_option("RESULTS", files_, "two results files")->required()->expected(2);
    diff->add_option("--tolerance", diff_.tolerance, "relative difference that counts as none")
        ->check(CLI::NonNegativeNumber);
    diff->add_option("--significance", diff_.significance, "chance of a false alarm about means, over all of them")
        ->check(CLI::Range(1e-12, 0.5));
    diff->callback([this] {
      chosen = [this] {
        bool equal = false;
        const std::string text = ranks_.on_root([&] {
          const auto read = [](const std::string& path) { return ex::read_rows(ex::read_file(path), path); };
          const ex::sweep::Diff made = ex::sweep::diff(read(files_[0]), read(files_[1]), diff_);
          equal = made.equal;
          return made.text;
        });
        if (ranks_.speaks()) fmt::print("{}", text);
        return ranks_.settle({ranks_.speaks() && !equal ? 1 : 0, ""}).code;
      };
    });
  }

  void add_row(CLI::App* command) {
    command
        ->add_option_function<std::size_t>(
            "--row",
            [this](std::size_t row) {
              run_.read = [row](const ex::ScenarioSource& source) {
                return ex::sweep::Plan(source).scenario_of_row(row);
              };
            },
            "of a scenario with [sweep]: the run of this row of its results, counted from 0")
        ->type_name("UINT");
  }

  // Subcommands that print one text; it is made on rank 0.
  void add_text(CLI::App* command, const std::function<std::string()>& text) {
    command->callback([this, text] {
      chosen = [this, text] {
        const std::string made = ranks_.on_root(text);
        if (ranks_.speaks()) fmt::print("{}", made);
        return 0;
      };
    });
  }

  void add_texts() {
    CLI::App* check = app_.add_subcommand("check", "validate a scenario and print it resolved");
    add_plugin(check);
    check->add_option("FILE", run_.scenario, "scenario (TOML)")->required();
    check->add_option("--set", run_.changes, "section.key=value; may be repeated")->allow_extra_args(false);
    check->add_option("--seed", run_.seed, "instead of experiment.seed");
    add_row(check);
    add_text(check, [this] {
      return ex::check_text(run_.read({run_.scenario, ex::read_file(run_.scenario), run_.changes, run_.seed}));
    });
    CLI::App* placement = app_.add_subcommand("placement", "what every sharding policy makes of a scenario's nodes");
    add_plugin(placement);
    placement->add_option("FILE", run_.scenario, "scenario (TOML)")->required();
    placement->add_option("--set", run_.changes, "section.key=value; may be repeated")->allow_extra_args(false);
    placement->add_option("--seed", run_.seed, "instead of experiment.seed");
    placement->add_option("--show", what_, "print this policy's spans; the scenario's own where left out");
    add_text(placement, [this] {
      return ex::placement_text(
          ex::parse_scenario({run_.scenario, ex::read_file(run_.scenario), run_.changes, run_.seed}), what_);
    });
    CLI::App* cost = app_.add_subcommand("cost", "what verification costs a token, for each row of a sweep");
    add_plugin(cost);
    cost->add_option("FILE", cost_.scenario, "scenario (TOML); with [sweep] one row a point")->required();
    cost->add_option("--set", cost_.changes, "section.key=value; may be repeated")->allow_extra_args(false);
    cost->add_option("--out", cost_.out, "results file (HDF5)");
    add_text(cost, [this] { return ex::sweep::cost_text(cost_); });
    CLI::App* list = app_.add_subcommand("list", "the names that a scenario can use");
    add_plugin(list);
    list->add_option("WHAT", what_, "which names; all where left out");
    add_text(list, [this] { return ex::list_text(what_); });

    CLI::App* explain = app_.add_subcommand("explain", "a section, policy or key in prose");
    add_plugin(explain);
    explain->add_option("WHAT", what_, "such as routing, routing.petals, serving, serving.stop");
    explain->add_flag("--defaults", defaults_,
                      "as a complete TOML section; of the whole scenario where WHAT is left out");
    add_text(explain, [this] { return explained(); });

    CLI::App* docs = app_.add_subcommand("docs", "the pages of docs/ that the program prints");
    docs->add_option("NAME", what_, "which page")->check(CLI::IsMember({"cli", "format", "keys"}));
    docs->add_option("--into", folder_, "write them all into this folder");
    add_text(docs, [this] { return ex::docs_text(app_, what_, folder_); });

    CLI::App* show = app_.add_subcommand("show", "a results file as a table");
    show->add_option("RESULTS", what_, "results file")->required();
    show->add_option("--texts", texts_, "print so many of the texts that users received")
        ->check(CLI::NonNegativeNumber);
    add_text(show, [this] { return ex::show_text(ex::read_results(ex::read_file(what_), what_), texts_); });

    CLI::App* status = app_.add_subcommand("status", "how far a sweep is");
    status->add_option("RESULTS", what_, "results file, finished or not")->required();
    add_text(status, [this] { return ex::sweep::status_text(what_); });

    CLI::App* merge = app_.add_subcommand("merge", "several results files as one");
    merge->add_option("RESULTS", files_, "results files, or unfinished sweeps")->required()->expected(1, -1);
    merge->add_option("--out", run_.out, "results file")->required();
    add_text(merge, [this] { return ex::sweep::merge(files_, run_.out); });

    CLI::App* numerics = app_.add_subcommand("numerics", "what other devices and cheats do to the numbers");
    numerics->callback([this] { chosen = [this] { return ranks_.speaks() ? ex::numerics_table(1) : 0; }; });
    add_sample();
    add_model();
    add_bench();
    CLI::App* rows = app_.add_subcommand("rows", "expected beside simulated, tab-separated");
    const std::map<std::string, std::function<std::string()>> tables{
        {"trust", [] { return ex::rows::text(ex::rows::trust()); }},
        {"bridge", ex::rows::bridge_text},
        {"sharing", ex::rows::sharing_text},
        {"flows", [] { return ex::rows::flows_text(1000, 1); }}};
    std::vector<std::string> valid_tables;
    for (const auto& [name, table] : tables) valid_tables.push_back(name);
    rows->add_option("NAME", what_, "which rows")->required()->check(CLI::IsMember(valid_tables));
    add_text(rows, [this, tables] { return tables.at(what_)(); });
    add_text(app_.add_subcommand("version", "version, commit, libraries"), [] { return ex::version_text(); });
  }

  void add_sample() {
    CLI::App* sample = app_.add_subcommand("sample", "draw images from a diffusion model");
    sample->add_option("--model", sample_.model, "manifest (JSON) of the weights")->required();
    sample->add_option("--weights", sample_.weights, "its numbers; NAME_f32.bin beside NAME_manifest.json if left out");
    sample->add_option("--count", sample_.count, "images")->check(CLI::Range(1, 1000000));
    sample->add_option("--seed", sample_.seed, "an image is a function of it and of its number")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{INT64_MAX}));
    sample->add_option("--first", sample_.first, "number of the first image")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 53));
    sample->add_option("--out", sample_.out, "results file (HDF5), a row an image");
    sample->add_option("--threads", sample_.threads, "images drawn at once")->check(CLI::Range(1, 4096));
    sample->add_flag("--quiet", sample_.quiet, "no talk on stderr");
    add_text(sample, [this] { return ex::sample_text(sample_); });
  }

  void add_model() {
    CLI::App* model = app_.add_subcommand("model", "weights: what files hold, other formats, made up ones");
    model->require_subcommand(1);
    CLI::App* info = model->add_subcommand("info", "format, shape, tokenizer, bytes in files and in memory");
    info->add_option("FILE", convert_.in, "GGUF, safetensors (file, index or folder) or llama2.c")->required();
    info->add_option("--tokenizer", convert_.tokenizer, "instead of the one beside or in the weights");
    add_text(info, [this] { return ex::model_info_text(convert_.in, convert_.tokenizer); });
    CLI::App* convert = model->add_subcommand("convert", "the same weights in another format or dtype");
    convert->add_option("IN", convert_.in, "as for info")->required();
    convert->add_option("OUT", convert_.out, "NAME.gguf, or a new folder for safetensors")->required();
    convert->add_option("--dtype", convert_.dtype, "of the matrices: f32, bf16, q8_0, q4_0; as stored if left out");
    convert->add_option("--tokenizer", convert_.tokenizer, "instead of the one beside or in the weights");
    add_text(convert, [this] { return ex::convert_model(convert_); });
    CLI::App* random = model->add_subcommand("random", "weights that nobody trained, of a known shape");
    random->add_option("SHAPE", random_.shape, "a name of `orrery list models`")->required();
    random->add_option("OUT", random_.out, "NAME.gguf, or a new folder for safetensors")->required();
    random->add_option("--dtype", random_.dtype, "of the matrices: f32, bf16, q8_0, q4_0");
    random->add_option("--seed", random_.seed, "all that the weights depend on");
    random->add_option("--context", random_.context, "most positions of a sequence")->check(CLI::Range(1, 1 << 24));
    add_text(random, [this] { return ex::random_model(random_); });
  }

  void add_bench() {
    CLI::App* bench = app_.add_subcommand("bench", "measure this machine");
    const std::map<std::string, std::function<int()>> names{
        {"engine", [this] { return ex::bench_engine(quick_, json_); }},
        {"evidence", [this] { return ex::bench_evidence(json_); }},
        {"kernels", [this] { return ex::bench_kernels(only_, json_); }},
        {"layer", [this] { return ex::bench_layer(quick_, json_); }},
        {"scale", [this] { return ex::bench_scale(quick_, json_); }},
        {"serving", [this] { return ex::bench_serving(json_); }},
        {"wire", [this] { return ex::wire_table(json_); }}};
    std::vector<std::string> valid;
    for (const auto& [name, measure] : names) valid.push_back(name);
    bench->add_option("NAME", what_, "what to measure")->required()->check(CLI::IsMember(valid));
    bench->add_flag("--quick", quick_, "engine, scale: without the million; layer: fewer rounds");
    bench->add_option("--json", json_, "write the rows as Google Benchmark's JSON to this file");
    bench->add_option("--only", only_, "kernels: the cases whose names match this regular expression");
    bench->callback([this, names] { chosen = [this, names] { return ranks_.speaks() ? names.at(what_)() : 0; }; });
  }

  std::string explained() const {
    if (defaults_) return ex::defaults_text(what_);
    return what_.empty() ? ex::list_text("sections") + ex::list_text("") : ex::explain_text(what_);
  }

  CLI::App& app_;
  const ex::Ranks& ranks_;
  ex::RunArguments run_;
  ex::sweep::SweepArguments sweep_;
  std::string part_;
  ex::DetectionArguments detection_;
  ex::ForeignArguments foreign_;
  ex::SampleArguments sample_;
  ex::ConvertArguments convert_;
  ex::RandomModelArguments random_;
  std::vector<std::string> files_;
  ex::sweep::DiffArguments diff_;
  ex::sweep::CostArguments cost_;
  std::string what_;
  int texts_ = 0;
  bool defaults_ = false;
  bool quick_ = false;
  std::string json_;
  std::string only_;
  std::vector<std::string> plugins_;
  std::string folder_;
};

int run_program(int argc, char** argv, const ex::Ranks& ranks) {
  CLI::App app("Orrery: decentralised AI inference in virtual time", "orrery");
  Commands commands(app, ranks, {argv, argv + argc});
  commands.add_all();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    if (ranks.speaks()) app.exit(help);
    return 0;
  } catch (const CLI::ParseError& error) {
    throw orrery::InputError(orrery::input_message("orrery", error.what(), "", "See `orrery --help`."));
  }
  return commands.run();
}

}  // namespace

int main(int argc, char** argv) {
  const ex::Launch launch(&argc, &argv);
  const ex::Ranks ranks(launch.comm());
  try {
    return run_program(argc, argv, ranks);
  } catch (const orrery::InputError& error) {
    // Every rank has the same error, and leaves.
    if (ranks.speaks()) fmt::print(stderr, "{}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    ranks.abort(error.what());
  }
}
