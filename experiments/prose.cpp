#include "experiments/prose.hpp"

#include <utility>

namespace orrery::experiments {
namespace {

constexpr std::size_t columns = 100;

// Columns that UTF-8 text takes, all characters being of one column.
std::size_t width(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

class Paragraphs {
 public:
  explicit Paragraphs(std::string_view indent) : indent_(indent) {}
  void line(std::string_view text) {
    if (text.empty() || text.front() == ' ') {
      flush();
      text_.append(text.empty() ? std::string_view() : indent_).append(text).append("\n");
      return;
    }
    while (!text.empty()) {
      const std::size_t space = text.find(' ');
      if (space != 0) word(text.substr(0, space));
      if (space == std::string_view::npos) break;
      text.remove_prefix(space + 1);
    }
  }
  std::string finish() {
    flush();
    return std::move(text_);
  }

 private:
  void word(std::string_view w) {
    if (!line_.empty() && width(indent_) + width(line_) + 1 + width(w) > columns) flush();
    if (!line_.empty()) line_ += ' ';
    line_ += w;
  }
  void flush() {
    if (!line_.empty()) text_.append(indent_).append(line_).append("\n");
    line_.clear();
  }
  std::string_view indent_;
  std::string line_;
  std::string text_;
};

}  // namespace

std::string wrapped(std::string_view text, std::string_view indent) {
  Paragraphs paragraphs(indent);
  while (true) {
    const std::size_t end = text.find('\n');
    paragraphs.line(text.substr(0, end));
    if (end == std::string_view::npos) return paragraphs.finish();
    text.remove_prefix(end + 1);
    if (text.empty()) return paragraphs.finish();
  }
}

}  // namespace orrery::experiments
