// The table of policies of one kind. A policy is one .cpp file: parameters, code, prose help, citation, registration.
//
//   struct PowerOfD final : RoutingPolicy {
//     struct Params { ...; static Fields<Params> fields(); };
//     static About about() { return {"power_of_d", "least loaded of d random nodes", "...prose...", "Mitzenmacher
//     2001"}; } explicit PowerOfD(const Params& params);
//     ...
//   };
//   ORRERY_REGISTER(RoutingPolicy, PowerOfD);
//
// That alone gives it `orrery list`, `orrery explain`, TOML parsing, run hash, HDF5 columns and the conformance tests.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/contract.hpp"
#include "sim/config/fields.hpp"

namespace orrery::sim::config {

struct About {
  std::string name;      // the value of `policy =`
  std::string summary;   // one line for `orrery list`
  std::string help;      // prose: what it does, what it assumes, what is ours
  std::string citation;  // where the algorithm was published, or "ours"
};

// A policy made from a section: the object, and the canonical text of all its parameters (defaults filled in).
template <class Policy>
struct Made {
  std::unique_ptr<Policy> policy;
  std::string canonical;  // "routing.policy = \"power_of_d\"\nrouting.d = 2\n"
};

template <class Policy>
class Registry {
 public:
  struct Record {
    About about;
    FieldList fields;
    std::function<Made<Policy>(const Value& section, std::string_view prefix)> make;
  };

  // One table per policy kind, ordered by name whatever the link order.
  static Registry& instance() {
    static Registry table;
    return table;
  }
  void add(Record record) {
    const std::string name = record.about.name;
    if (!records_.emplace(name, std::move(record)).second) throw ContractError("policy registered twice: " + name);
  }
  const std::map<std::string, Record, std::less<>>& records() const { return records_; }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, record] : records_) all.push_back(name);
    return all;
  }
  // Makes the policy that section["policy"] names, or `fallback` where the key is absent; every other key is a
  // parameter of that policy. `prefix` is the section's name ("routing") for messages and the canonical text.
  Made<Policy> make(const Value& section, std::string_view prefix, std::string_view fallback) const;
  // The same with all defaults.
  std::unique_ptr<Policy> make(std::string_view name) const;

 private:
  std::map<std::string, Record, std::less<>> records_;
};

// Takes the `policy` key out of a section: its value (or the fallback) and the remaining parameters.
struct PolicyChoice {
  std::string name;
  Place place;
  Value parameters;
};
PolicyChoice take_policy(const Value& section, std::string_view prefix, std::string_view fallback);
[[noreturn]] void fail_unknown_policy(const PolicyChoice& choice, std::string_view prefix,
                                      const std::vector<std::string>& names);

template <class Policy>
Made<Policy> Registry<Policy>::make(const Value& section, std::string_view prefix, std::string_view fallback) const {
  const PolicyChoice choice = take_policy(section, prefix, fallback);
  const auto found = records_.find(choice.name);
  if (found == records_.end()) fail_unknown_policy(choice, prefix, names());
  return found->second.make(choice.parameters, prefix);
}

template <class Policy>
std::unique_ptr<Policy> Registry<Policy>::make(std::string_view name) const {
  Value section;
  section.data = Table{};
  return make(section, "", name).policy;
}

template <class Policy, class Concrete>
bool enroll() {
  typename Registry<Policy>::Record record{Concrete::about(), Concrete::Params::fields().list(), {}};
  record.make = [fields = record.fields, name = record.about.name](const Value& parameters, std::string_view prefix) {
    typename Concrete::Params params{};
    read_fields(fields, &params, parameters);
    const std::string dot = prefix.empty() ? "" : std::string(prefix) + ".";
    Made<Policy> made;
    made.policy = std::make_unique<Concrete>(params);
    made.canonical = dot + "policy = " + write_text(name) + "\n" + write_fields(fields, &params, dot);
    return made;
  };
  Registry<Policy>::instance().add(std::move(record));
  return true;
}

}  // namespace orrery::sim::config

#define ORRERY_REGISTER(Policy, Concrete) \
  [[maybe_unused]] static const bool orrery_registered_##Concrete = ::orrery::sim::config::enroll<Policy, Concrete>()

// In a shared object that the program loads (experiments/plugin.cmake), the same line registers with its loader.
#ifdef ORRERY_PLUGIN
#include "sim/config/plugin.hpp"
#endif
