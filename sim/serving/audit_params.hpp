// The [audit] section: what audits go by, beside the verification policy.
#pragma once

#include <string>

#include "sim/config/fields.hpp"

namespace orrery::sim::serving {

struct AuditingParams {
  std::string rates_of;    // model of the table; empty: model.name
  std::string population;  // of the table; empty: the first that has all devices of the swarm
  std::string table;       // path; empty: the one in the program
  double reach = 1.5;      // factor
  std::string votes = "sealed";
  double vote_timeout_s = 120;
  double reveal_timeout_s = 30;
  std::int64_t redraws = 3;
  std::string silence = "unfinished";
  double device_price = 0.1;  // [coin/h]
  static config::Fields<AuditingParams> fields();
};

}  // namespace orrery::sim::serving
