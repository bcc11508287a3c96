#include "kernels/model/collection.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include <zlib.h>

#include "kernels/contract.hpp"

namespace orrery::kernels::model {
namespace {

namespace fs = std::filesystem;

// Calls each(line, "place:number") without ends of lines.
template <class Each>
void for_each_line(const std::string& place, std::string_view bytes, const Each& each) {
  for (std::size_t number = 1; !bytes.empty(); ++number) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string_view line = bytes.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    each(line, place + ":" + std::to_string(number));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Takes an integer off the front.
int integer(std::string_view& text, const std::string& place, const char* what) {
  text = without_blanks(text);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool stops = error == std::errc() && (end == text.data() + text.size() || *end == ' ' || *end == '\t');
  VALIDATE(stops, place, "'" + std::string(text.substr(0, 40)) + "' is not a number", what);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// Plain and gzipped files alike.
std::string read_text(const fs::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  VALIDATE(file != nullptr, path.string(), "cannot be opened", "the file is not there or may not be read");
  std::string text;
  std::array<char, 1 << 16> buffer;
  int got = 0;
  while ((got = gzread(file.get(), buffer.data(), buffer.size())) > 0)
    text.append(buffer.data(), static_cast<std::size_t>(got));
  int code = Z_OK;
  const char* reason = gzerror(file.get(), &code);
  VALIDATE(got == 0 && code == Z_OK, path.string(), "cannot be read", reason, "The file is damaged or truncated.");
  return text;
}

}  // namespace

std::vector<Document> parse_documents(const std::string& place, std::string_view bytes) {
  std::vector<Document> documents;
  std::string* field = nullptr;
  for_each_line(place, bytes, [&](std::string_view line, const std::string& where) {
    if (line.starts_with(".I ")) {
      std::string_view rest = line.substr(3);
      documents.emplace_back().number = integer(rest, where, "a document starts with .I and its number");
      VALIDATE(without_blanks(rest).empty(), where,
               "'" + std::string(line.substr(0, 40)) + "' goes on after its number",
               "a document starts with .I and its number");
      field = nullptr;
      return;
    }
    const std::string_view mark = without_blanks(line);
    if (line.starts_with('.') && mark.size() == 2 && mark[1] >= 'A' && mark[1] <= 'Z') {
      VALIDATE(!documents.empty(), where, "'" + std::string(mark) + "' stands before any document",
               "it starts with .I");
      Document& d = documents.back();
      field = mark == ".T"   ? &d.title
              : mark == ".A" ? &d.authors
              : mark == ".B" ? &d.source
              : mark == ".W" ? &d.text
                             : nullptr;
      VALIDATE(field != nullptr, where, "unknown part '" + std::string(mark) + "'", "it would be left out",
               "Known: .T, .A, .B, .W.");
      return;
    }
    VALIDATE(field != nullptr || without_blanks(line).empty(), where, "text outside of a part", "it would be left out",
             "A part starts with .T, .A, .B or .W alone on a line.");
    if (field != nullptr) field->append(line).push_back('\n');
  });
  VALIDATE(!documents.empty(), place, "has no document", "one starts with .I and its number");
  return documents;
}

std::vector<Judgement> parse_judgements(const std::string& place, std::string_view bytes) {
  std::vector<Judgement> judgements;
  for_each_line(place, bytes, [&](std::string_view line, const std::string& where) {
    if (without_blanks(line).empty()) return;
    constexpr const char* why = "a line holds question, document and code";
    Judgement& j = judgements.emplace_back();
    j.question = integer(line, where, why);
    j.document = integer(line, where, why);
    j.code = integer(line, where, why);
    VALIDATE(without_blanks(line).empty(), where, "the line goes on after three numbers", why);
  });
  VALIDATE(!judgements.empty(), place, "has no judgement", "a line holds question, document and code");
  return judgements;
}

std::vector<Document> open_documents(const fs::path& path) { return parse_documents(path.string(), read_text(path)); }

std::vector<Judgement> open_judgements(const fs::path& path) {
  return parse_judgements(path.string(), read_text(path));
}

}  // namespace orrery::kernels::model
