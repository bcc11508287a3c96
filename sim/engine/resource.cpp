#include "sim/engine/resource.hpp"

namespace orrery::sim::engine {

Resource::Resource(Host& host, std::int64_t capacity) : waiting_(host), capacity_(capacity), available_(capacity) {
  EXPECT(capacity >= 0);
}

Resource::Acquire Resource::acquire(std::int64_t units) {
  EXPECT(0 <= units && units <= capacity_);
  waiting_.host().check_owner();
  return Acquire(*this, units);
}

void Resource::release(std::int64_t units) {
  EXPECT(0 <= units && units <= capacity_ - available_);
  waiting_.host().check_owner();
  available_ += units;
  grant();
}

void Resource::grant() {
  while (!waiting_.empty()) {
    const std::int64_t units = static_cast<Acquire&>(waiting_.front()).units_;
    if (units > available_) return;
    available_ -= units;
    waiting_.serve();
  }
}

bool Resource::Acquire::await_ready() {
  if (!resource_.waiting_.empty() || units_ > resource_.available_) return false;
  resource_.available_ -= units_;
  return true;
}

void Resource::Acquire::await_resume() { leave(); }

Resource::Acquire::~Acquire() {
  if (!queued()) return;
  if (leave()) resource_.available_ += units_;
  resource_.grant();  // whoever stood behind may fit now
}

}  // namespace orrery::sim::engine
