#include "experiments/sweep/record.hpp"

#include <limits>

#include "experiments/sweep/bytes.hpp"

namespace orrery::experiments::sweep {
namespace {

void put_column(ByteWriter& out, Names& names, const sim::Column& c) {
  for (const std::string* text : {&c.name, &c.unit, &c.what}) out.number(names.number(*text));
  out.numbers(c.values);
}

sim::Column get_column(ByteReader& in, const Names& names) {
  sim::Column c;
  for (std::string* text : {&c.name, &c.unit, &c.what}) *text = names.text(in.number<std::uint32_t>());
  c.values = in.numbers();
  return c;
}

void put_table(ByteWriter& out, Names& names, const std::vector<sim::Column>& table) {
  out.number<std::uint64_t>(table.size());
  for (const sim::Column& c : table) put_column(out, names, c);
}

std::vector<sim::Column> get_table(ByteReader& in, const Names& names) {
  std::vector<sim::Column> table;
  for (auto left = in.number<std::uint64_t>(); left > 0; --left) table.push_back(get_column(in, names));
  return table;
}

RowHead get_head(ByteReader& in) {
  RowHead head;
  head.point_number = in.number<std::int64_t>();
  head.replica = in.number<std::int64_t>();
  head.status = static_cast<Status>(in.number<std::uint8_t>());
  head.id = in.text();
  return head;
}

sim::Metric get_metric(ByteReader& in, const Names& names) {
  sim::Metric m;
  for (std::string* text : {&m.name, &m.unit, &m.what}) *text = names.text(in.number<std::uint32_t>());
  m.value = in.number<double>();
  return m;
}

}  // namespace

std::uint32_t Names::number(const std::string& text) {
  const auto [found, added] = numbers_.try_emplace(text, static_cast<std::uint32_t>(texts_.size()));
  if (added) texts_.push_back(text);
  return found->second;
}

const std::string& Names::text(std::uint32_t number) const {
  if (number >= texts_.size()) throw RunError("a record names a column that is not there");
  return texts_[number];
}

// Metrics come right after the head, so that one can be found without the rest.
std::string encode_row(const Row& row, Names& names) {
  ByteWriter out;
  out.number(row.point_number);
  out.number(row.replica);
  out.number(static_cast<std::uint8_t>(row.status));
  out.text(row.id);
  out.number<std::uint64_t>(row.result.metrics.size());
  for (const sim::Metric& m : row.result.metrics) {
    for (const std::string* text : {&m.name, &m.unit, &m.what}) out.number(names.number(*text));
    out.number(m.value);
  }
  out.text(row.scenario);
  out.text(row.reason);
  out.number<std::uint64_t>(row.point.size());
  for (const Point& p : row.point) {
    for (const std::string* text : {&p.key, &p.unit, &p.what, &p.label}) out.number(names.number(*text));
    out.number(p.value);
    out.number(p.axis);
  }
  put_table(out, names, row.result.timeline);
  put_table(out, names, row.result.requests);
  out.number<std::uint64_t>(row.result.texts.size());
  for (const std::string& text : row.result.texts) out.text(text);
  return out.bytes();
}

Row decode_row(std::string_view bytes, const Names& names) {
  ByteReader in(bytes);
  const RowHead head = get_head(in);
  Row row;
  row.id = head.id;
  row.status = head.status;
  row.point_number = head.point_number;
  row.replica = head.replica;
  for (auto left = in.number<std::uint64_t>(); left > 0; --left) row.result.metrics.push_back(get_metric(in, names));
  row.scenario = in.text();
  row.reason = in.text();
  for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
    Point p;
    for (std::string* text : {&p.key, &p.unit, &p.what, &p.label}) *text = names.text(in.number<std::uint32_t>());
    p.value = in.number<double>();
    p.axis = in.number<std::int64_t>();
    row.point.push_back(std::move(p));
  }
  row.result.timeline = get_table(in, names);
  row.result.requests = get_table(in, names);
  for (auto left = in.number<std::uint64_t>(); left > 0; --left) row.result.texts.push_back(in.text());
  if (!in.empty()) throw RunError("a record goes on after its end");
  return row;
}

RowHead decode_head(std::string_view bytes) {
  ByteReader in(bytes);
  return get_head(in);
}

double decode_metric(std::string_view bytes, const Names& names, std::string_view metric) {
  ByteReader in(bytes);
  get_head(in);
  for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
    const sim::Metric m = get_metric(in, names);
    if (m.name == metric) return m.value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace orrery::experiments::sweep
