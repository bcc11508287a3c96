// The folder beside a results file that holds an unfinished sweep: r.h5.rows with a lock and one journal for each rank
// of each session. An HDF5 file that dies while it is open is damaged, so none is open while runs run: rows go to
// journals, and the results file is assembled from them at the end, in the order of the plan, and renamed into place.
// Whoever kills the sweep, whenever, finds the finished rows here; the same command goes on from them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/sweep/journal.hpp"

namespace orrery::experiments::sweep {

// What a sweep is: two with equal identities have the same rows.
struct Identity {
  std::string plan;    // hash of every row's id and of what is kept of it
  std::string commit;  // of the program: rows of one file come from one program
  std::uint64_t rows = 0;
  std::string encode() const;
  static Identity decode(std::string_view header);
};

std::string spool_folder(const std::string& results);

// One row that is noted in a journal.
struct Noted {
  RowHead head;
  std::size_t journal = 0;
  std::size_t record = 0;
};

// What the journals of a folder hold; reads only.
struct Noteds {
  std::vector<Journal> journals;
  std::vector<Noted> rows;  // the last one noted, where a row was noted again
  std::optional<Identity> identity;
  const std::string_view& bytes(const Noted& n) const { return journals[n.journal].rows[n.record]; }
  const Names& names(const Noted& n) const { return journals[n.journal].names; }
};
// Empty where there is no such folder. InputError where journals of different sweeps stand in it.
Noteds read_spool(const std::string& folder);

// The lock of a sweep that is running; on the rank that speaks.
class Spool {
 public:
  // Makes the folder, takes the lock and checks that what is there is this sweep. InputError.
  Spool(const std::string& results, const Identity& identity);
  ~Spool();  // gives the lock back; the folder stays if there are journals in it
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  const Noteds& noted() const { return noted_; }
  int session() const { return session_; }  // no earlier one had this number
  std::string temporary(const char* what) const { return folder_ + "/" + what; }
  // The results file is in place: removes the folder.
  void remove();

 private:
  void lock();
  void give_back();
  void say_who() const;
  std::string results_;
  std::string folder_;
  int lock_ = -1;
  int session_ = 0;
  Noteds noted_;
};

std::string journal_path(const std::string& results, int session, int rank);

// Whether a sweep is writing this results file, and who ("host 12, process 345").
std::optional<std::string> holder(const std::string& results);

}  // namespace orrery::experiments::sweep
