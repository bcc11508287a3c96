// The auditor: the part of the chain that sees to it that claims are looked at. It acts at blocks: claims that came in
// are drawn for audits, verifiers are summoned by sortition among those whom the directory knows to serve the blocks,
// votes are counted. It holds what is publicly known of every name: how its audits ended, and, where the incentive
// policy says how often to look, what that thinks of it by now (running_account.hpp).
//
// Where the verification policy has a referee, that is the auditor, too: a rejected claim is a dispute, for which it
// asks the executor itself for evidence and recomputes what the dispute was narrowed down to (auditor_disputes.cpp).
//
// Order. A claim is drawn once, at the first block after it came in with a fresh view. An audit ends once. A request
// has ended, as far as the run goes, when all its audits have.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "sim/engine/process.hpp"
#include "sim/engine/signal.hpp"
#include "sim/engine/task.hpp"
#include "sim/ledger/sortition.hpp"
#include "sim/serving/audit_case.hpp"
#include "sim/serving/finding.hpp"
#include "sim/serving/peer.hpp"
#include "sim/serving/running_account.hpp"

namespace orrery::sim::serving {

class Auditor final : public Peer {
 public:
  explicit Auditor(World& world);
  ~Auditor() override { kill_all(); }

  // Starts with a view that it was sent before the run.
  void start(Snapshot view);
  // Audits that have not ended are unfinished.
  void finish(Time end);

  // In the order in which they were drawn.
  const std::vector<AuditCase>& cases() const { return cases_; }
  // Claims that could have been audited; each is a case, or nobody was to look, or the run ended before it was drawn.
  std::uint64_t claims() const { return claims_; }
  std::uint64_t undrawn() const { return undrawn_; }
  std::uint64_t passed_over() const { return passed_over_; }

 private:
  struct Fresh {
    ClaimBody body;
    Time came;
  };
  void receive(const engine::Event& event) override;
  engine::Process close_blocks();
  engine::Task<void> refresh_view();
  void draw(const Fresh& fresh);
  bool put_forward(const ClaimBody& claim, Time came);
  void fill(std::uint32_t number);
  void end(std::uint32_t number);
  void ended(const ClaimBody& whole);
  std::vector<NodeId> candidates(const ClaimBody& claim);
  const ledger::Sortition& sortition();
  const verification::History& history(const ClaimBody& claim) const;
  std::vector<incentive::Claimant> claimants(const ClaimBody& claim) const;
  void take_up(std::uint32_t number);

  // auditor_disputes.cpp
  struct Dispute {
    Time until;  // for the executor to show something
    std::size_t missing = 0;
    Exhibits exhibits;
    std::optional<execution::Ticket> examined;
  };
  void open_dispute(std::uint32_t number);
  void take_evidence(EvidenceBody body);
  void settle_dispute(std::uint32_t number);

  std::vector<Fresh> fresh_;
  std::vector<AuditCase> cases_;
  std::vector<std::uint32_t> open_;            // numbers of cases, ascending
  std::map<std::uint32_t, Dispute> disputes_;  // by case
  struct Outstanding {
    std::uint32_t cases = 0;  // open ones
    ClaimBody whole;
  };
  std::map<std::uint32_t, Outstanding> outstanding_;  // by request
  std::vector<verification::History> histories_;      // by node, under its present name,
  std::vector<Time> named_;                           // which it took then
  std::optional<RunningAccount> account_;             // where the incentive policy wants to know
  Snapshot view_;
  engine::Signal view_came_;
  std::optional<ledger::Sortition> sortition_;
  std::int64_t epoch_ = -1;
  Draw draw_;
  std::uint64_t claims_ = 0, undrawn_ = 0, passed_over_ = 0;
};

}  // namespace orrery::sim::serving
