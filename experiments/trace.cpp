#include "experiments/trace.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace orrery::experiments {
namespace {

constexpr std::string_view opening = "{\"displayTimeUnit\": \"ms\", \"otherData\": {\"format\": \"orrery-trace\"}, ";

// A track name split for sorting: "node 17" is ("node", 17, "node 17"), so that node 2 stands before node 10.
using TrackKey = std::tuple<std::string, long, std::string>;

TrackKey key_of(const std::string& track) {
  const std::size_t space = track.rfind(' ');
  long number = 0;
  if (space == std::string::npos) return {track, number, track};
  std::from_chars(track.data() + space + 1, track.data() + track.size(), number);
  return {track.substr(0, space), number, track};
}

// The ends of the spans that are open on one thread, outermost first.
using Stack = std::vector<std::int64_t>;

// Puts a span onto the first thread that can show it; spans come in order of their begin, longer ones first.
std::size_t lane_of(const sim::TraceSpan& span, std::vector<Stack>& lanes) {
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    Stack& open = lanes[i];
    while (!open.empty() && open.back() <= span.begin_ns) open.pop_back();
    if (open.empty() || span.end_ns <= open.back()) {
      open.push_back(span.end_ns);
      return i;
    }
  }
  lanes.push_back({span.end_ns});
  return lanes.size() - 1;
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Nanoseconds as microseconds, exactly.
std::string microseconds(std::int64_t ns) { return fmt::format("{}.{:03}", ns / 1000, ns % 1000); }

class Events {
 public:
  void name(std::string_view what, int pid, int tid, const std::string& shown) {
    add(fmt::format("\"ph\": \"M\", \"name\": \"{}\", \"pid\": {}, \"tid\": {}, \"args\": {{\"name\": {}}}", what, pid,
                    tid, quoted(shown)));
  }
  void span(const sim::TraceSpan& s, int pid, int tid) {
    add(fmt::format("\"ph\": \"X\", \"name\": {}, \"pid\": {}, \"tid\": {}, \"ts\": {}, \"dur\": {}", quoted(s.name),
                    pid, tid, microseconds(s.begin_ns), microseconds(s.end_ns - s.begin_ns)));
  }
  std::string text;

 private:
  void add(const std::string& event) { text += (text.empty() ? "\n{" : ",\n{") + event + "}"; }
};

}  // namespace

std::string trace_json(const std::vector<sim::TraceSpan>& spans) {
  std::map<TrackKey, std::vector<const sim::TraceSpan*>> tracks;
  for (const sim::TraceSpan& span : spans) tracks[key_of(span.track)].push_back(&span);
  Events events;
  std::string kind;
  int pid = 0, tid = 0;
  for (auto& [key, members] : tracks) {
    if (pid == 0 || std::get<0>(key) != kind) {
      kind = std::get<0>(key);
      events.name("process_name", ++pid, 0, kind);
    }
    std::stable_sort(members.begin(), members.end(), [](const sim::TraceSpan* a, const sim::TraceSpan* b) {
      return std::pair(a->begin_ns, -a->end_ns) < std::pair(b->begin_ns, -b->end_ns);
    });
    std::vector<Stack> lanes;
    const int first = tid + 1;
    for (const sim::TraceSpan* span : members) {
      const int lane = static_cast<int>(lane_of(*span, lanes));
      if (first + lane > tid) events.name("thread_name", pid, ++tid, std::get<2>(key));
      events.span(*span, pid, first + lane);
    }
  }
  return std::string(opening) + "\"traceEvents\": [" + events.text + "\n]}\n";
}

bool is_trace(const std::string& bytes) { return bytes.starts_with(opening); }

}  // namespace orrery::experiments
