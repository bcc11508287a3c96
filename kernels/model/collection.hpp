// Test collections of information retrieval in the format of Cranfield, MEDLINE and CISI: a document or question starts
// with ".I number"; ".T", ".A", ".B" and ".W" alone on a line start its title, authors, source and text. Judgements are
// lines "question document code". Files may be gzipped.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::kernels::model {

struct Document {
  int number = 0;  // as the file says; Cranfield's judgements count questions by their place in the file instead
  std::string title, authors, source, text;
};

// What a question asks of a document; Cranfield: 1 the best answer, 2 to 4 less and less of one, -1 noted otherwise.
struct Judgement {
  int question = 0, document = 0, code = 0;
};

// InputError with the line at fault. place names the bytes in messages.
std::vector<Document> parse_documents(const std::string& place, std::string_view bytes);
std::vector<Judgement> parse_judgements(const std::string& place, std::string_view bytes);
// InputError also for a file that cannot be read.
std::vector<Document> open_documents(const std::filesystem::path& path);
std::vector<Judgement> open_judgements(const std::filesystem::path& path);

}  // namespace orrery::kernels::model
