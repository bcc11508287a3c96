#include "sim/detection/lab.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "sim/config/toml.hpp"

namespace orrery::sim::detection {

using execution::Dialogue;
using execution::Message;
using execution::Tape;
using verification::VerificationPolicy;

namespace {

// Several messages as one.
Message bundle(const std::vector<Message>& parts) {
  Message all;
  const auto put = [&all](const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    all.insert(all.end(), bytes, bytes + size);
  };
  for (const Message& m : parts) {
    const std::uint64_t size = m.size();
    put(&size, sizeof size);
    put(m.data(), m.size());
  }
  return all;
}
std::vector<Message> unbundle(const Message& all) {
  std::vector<Message> parts;
  for (std::size_t at = 0; at < all.size();) {
    std::uint64_t size = 0;
    std::memcpy(&size, all.data() + at, sizeof size);
    at += sizeof size;
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
    parts.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
    at += size;
  }
  return parts;
}

// Ranks in a ring: every rank sends to the next one (`step` 1) or the one before (-1) and gets as much from the other
// side, all at once.
Message shift(const Message& mine, int step, const Context& context) {
  const int size = context.size();
  if (size == 1) return mine;
  const int to = (context.rank() + step + size) % size, from = (context.rank() - step + size) % size;
  std::uint64_t count = mine.size(), coming = 0;
  MPI_Sendrecv(&count, 1, MPI_UINT64_T, to, 0, &coming, 1, MPI_UINT64_T, from, 0, context.comm, MPI_STATUS_IGNORE);
  Message theirs(coming);
  EXPECT(count < 1u << 31 && coming < 1u << 31);
  MPI_Sendrecv(mine.data(), static_cast<int>(count), MPI_BYTE, to, 1, theirs.data(), static_cast<int>(coming), MPI_BYTE,
               from, 1, context.comm, MPI_STATUS_IGNORE);
  return theirs;
}

// One score on its way to rank 0.
struct Entry {
  std::uint32_t protocol;
  std::uint32_t sequence;
  double value;
  std::int32_t malformed;
  std::int32_t published;
};
constexpr std::uint32_t nats_entry = 0xfffffffe, agreement_entry = 0xffffffff;

std::vector<Entry> gather(const std::vector<Entry>& mine, const Context& context) {
  if (context.size() == 1) return mine;
  const int bytes = static_cast<int>(mine.size() * sizeof(Entry));
  std::vector<int> counts(static_cast<std::size_t>(context.size())), offsets(counts.size());
  MPI_Gather(&bytes, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, context.comm);
  int total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    offsets[i] = total;
    total += counts[i];
  }
  std::vector<Entry> all(static_cast<std::size_t>(total) / sizeof(Entry));
  MPI_Gatherv(mine.data(), bytes, MPI_BYTE, all.data(), counts.data(), offsets.data(), MPI_BYTE, 0, context.comm);
  return all;
}

// One behaviour in one setting, from this rank's point of view.
class Series {
 public:
  Series(Bench& bench, const Setting& setting, const behaviour::BehaviourPolicy& behaviour,
         const std::vector<std::unique_ptr<VerificationPolicy>>& protocols, const Context& context)
      : bench_(bench), setting_(setting), behaviour_(behaviour), context_(context) {
    const bool whole = setting.blocks.size() == bench.model().config().layers;
    for (std::size_t p = 0; p < protocols.size(); ++p) {
      const VerificationPolicy& policy = *protocols[p];
      const bool fits = !policy.needs() || *policy.needs() == setting.population->agreed;
      if (fits && (whole || policy.scope() == verification::Scope::stage)) use_.emplace_back(p, &policy);
    }
  }

  // Sequences [first, first + count); each rank executes its share and verifies its neighbour's.
  std::vector<Entry> run(std::uint32_t first, std::uint32_t count) {
    const auto size = static_cast<std::uint32_t>(context_.size()), rank = static_cast<std::uint32_t>(context_.rank());
    for (std::uint32_t base = 0; base < count; base += size) {
      const std::uint32_t before = base + (rank + size - 1) % size;
      one(first, base + rank < count ? base + rank : none, before < count ? before : none);
    }
    return std::move(entries_);
  }

 private:
  static constexpr std::uint32_t none = 0xffffffff;

  // This rank executes sequence `mine` and verifies `theirs`; either may be none.
  void one(std::uint32_t first, std::uint32_t mine, std::uint32_t theirs) {
    Bench::Work work;
    std::vector<Message> outgoing;
    std::vector<Dialogue> as_executor(use_.size()), as_verifier(use_.size());
    if (mine != none) {
      work = bench_.execute(setting_, behaviour_, first + mine);
      outgoing.push_back(bench_.handover(setting_, work));
      for (std::size_t i = 0; i < use_.size(); ++i) {
        as_executor[i].commitment = execution::spoken(use_[i].second->commit(shown(work, i)), work.forges);
        outgoing.push_back(as_executor[i].commitment);
      }
    }
    const std::vector<Message> incoming = unbundle(shift(bundle(outgoing), 1, context_));
    std::unique_ptr<Tape> own;
    if (theirs != none) {
      own = bench_.recompute(setting_, incoming.at(0), first + theirs);
      for (std::size_t i = 0; i < use_.size(); ++i) as_verifier[i].commitment = incoming.at(i + 1);
    }
    converse(work, own.get(), first + theirs, as_executor, as_verifier);
    if (own) judge(first + theirs, *own, as_verifier);
  }

  // All protocols' rounds side by side: questions go back around the ring, answers come forward.
  void converse(const Bench::Work& work, const Tape* own, std::uint32_t sequence, std::vector<Dialogue>& as_executor,
                std::vector<Dialogue>& as_verifier) {
    for (int round = 0; round < most_rounds(); ++round) {
      std::vector<Message> questions(use_.size());
      for (std::size_t i = 0; i < use_.size() && own; ++i) {
        if (round >= rounds(i)) continue;
        questions[i] = use_[i].second->ask(as_verifier[i], *own, draw(sequence, i));
        as_verifier[i].questions.push_back(questions[i]);
      }
      const std::vector<Message> asked = unbundle(shift(bundle(questions), -1, context_));
      std::vector<Message> answers(use_.size());
      for (std::size_t i = 0; i < use_.size() && work.tape; ++i) {
        if (round >= rounds(i)) continue;
        as_executor[i].questions.push_back(asked.at(i));
        answers[i] = execution::spoken(use_[i].second->answer(as_executor[i], shown(work, i)), work.forges);
        as_executor[i].answers.push_back(answers[i]);
      }
      const std::vector<Message> told = unbundle(shift(bundle(answers), 1, context_));
      for (std::size_t i = 0; i < use_.size() && own; ++i) {
        if (round < rounds(i)) as_verifier[i].answers.push_back(told.at(i));
      }
    }
  }

  void judge(std::uint32_t sequence, const Tape& own, const std::vector<Dialogue>& said) {
    for (std::size_t i = 0; i < use_.size(); ++i) {
      const execution::Judgement j = use_[i].second->judge(said[i], own, draw(sequence, i));
      const int published = j.as_published ? (*j.as_published ? 1 : 0) : -1;
      entries_.push_back(
          {static_cast<std::uint32_t>(use_[i].first), sequence, j.score, j.malformed ? 1 : 0, published});
    }
    if (own.tokens().empty()) return;
    const Bench::Quality q = bench_.quality(setting_, own);
    entries_.push_back({nats_entry, sequence, q.nats, 0, -1});
    entries_.push_back({agreement_entry, sequence, q.agreement, 0, -1});
  }

  const Tape& shown(const Bench::Work& work, std::size_t i) const {
    return use_[i].second->sees_what_ran() ? *work.tape : work.shown();
  }
  // The verifier's own randomness: a stream a protocol.
  Draw draw(std::uint32_t sequence, std::size_t i) const {
    return {setting_.seed, Stream::verification, sequence, std::uint64_t{use_[i].first} << 40};
  }
  int rounds(std::size_t i) const { return use_[i].second->rounds(setting_.blocks); }
  int most_rounds() const {
    int most = 0;
    for (std::size_t i = 0; i < use_.size(); ++i) most = std::max(most, rounds(i));
    return most;
  }
  Bench& bench_;
  const Setting& setting_;
  const behaviour::BehaviourPolicy& behaviour_;
  const Context& context_;
  std::vector<std::pair<std::size_t, const VerificationPolicy*>> use_;
  std::vector<Entry> entries_;
};

Sample sorted(std::vector<Entry> entries, std::size_t protocols) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.protocol != b.protocol ? a.protocol < b.protocol : a.sequence < b.sequence;
  });
  Sample sample;
  sample.scores.resize(protocols);
  for (const Entry& e : entries) {
    if (e.protocol == nats_entry) {
      sample.nats.push_back(e.value);
    } else if (e.protocol == agreement_entry) {
      sample.agreement.push_back(e.value);
    } else {
      sample.scores[e.protocol].push_back({e.sequence, e.value, e.malformed != 0, e.published});
    }
  }
  return sample;
}

}  // namespace

std::vector<std::unique_ptr<VerificationPolicy>> make_protocols(const Plan& plan) {
  std::vector<std::unique_ptr<VerificationPolicy>> list;
  for (const std::string& lines : plan.protocols) {
    const config::Value root = config::parse_toml("[verification]\n" + lines, "protocol");
    list.push_back(std::move(config::Registry<VerificationPolicy>::instance()
                                 .make(*root.find("verification"), "verification", "none")
                                 .policy));
  }
  return list;
}

std::vector<Sample> measure(const Lab& lab, const Context& context, const std::function<void(double)>& progress) {
  const Plan& plan = lab.plan;
  const auto protocols = make_protocols(plan);
  Bench bench(lab.model, lab.text, context.threads);
  const auto& registry = config::Registry<behaviour::BehaviourPolicy>::instance();
  std::vector<std::string> behaviours{"honest"};
  behaviours.insert(behaviours.end(), plan.behaviours.begin(), plan.behaviours.end());
  std::vector<Sample> samples;
  const auto all = static_cast<double>(plan.populations.size() * plan.spans.size() * behaviours.size());
  int done = 0;
  for (const std::string& name : plan.populations) {
    for (const BlockSpan blocks : plan.spans) {
      for (const std::string& behaviour : behaviours) {
        const Setting setting{
            &population(name, "populations"), blocks, plan.prompt, plan.generated, plan.temperature, plan.seed};
        const auto policy = registry.make(behaviour);
        // Cheats get prompts that no threshold has seen.
        const bool honest = behaviour == "honest";
        if (!honest && !bench.cheats(setting, *policy)) {
          // What is honest work here has no rate of detection: to count it would be to measure false alarms anew.
          ++done;
          continue;
        }
        const auto count = static_cast<std::uint32_t>(honest ? plan.honest : plan.cheats);
        Series series(bench, setting, *policy, protocols, context);
        const std::vector<Entry> mine = series.run(honest ? 0 : static_cast<std::uint32_t>(plan.honest), count);
        std::vector<Entry> entries = gather(mine, context);
        ++done;
        if (context.rank() > 0) continue;
        Sample sample = sorted(std::move(entries), protocols.size());
        sample.population = name;
        sample.behaviour = behaviour;
        sample.blocks = blocks;
        samples.push_back(std::move(sample));
        if (progress) progress(done / all);
      }
    }
  }
  return samples;
}

}  // namespace orrery::sim::detection
