#include "kernels/model/collection.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include "tests/kernels/model/folder.hpp"
#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

using ::testing::HasSubstr;

const std::string good =
    ".I 1\n.T\nshear flow\npast a plate .\n.A\nting-yili\n.B\nj. ae.\n.W\nin the\n.5 of it\n.I 002\r\n.W \r\nheat\r\n";

TEST(Collection, ReadsPartsOverSeveralLines) {
  const std::vector<Document> documents = parse_documents("c", good);
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0].number, 1);
  EXPECT_EQ(documents[0].title, "shear flow\npast a plate .\n");
  EXPECT_EQ(documents[0].authors, "ting-yili\n");
  EXPECT_EQ(documents[0].source, "j. ae.\n");
  EXPECT_EQ(documents[0].text, "in the\n.5 of it\n");
  EXPECT_EQ(documents[1].number, 2);
  EXPECT_EQ(documents[1].text, "heat\n");
}

TEST(Collection, ReadsJudgements) {
  const std::vector<Judgement> judgements = parse_judgements("j", "1 184 2 \n2  12\t-1\n\n");
  ASSERT_EQ(judgements.size(), 2U);
  EXPECT_EQ(judgements[1].question, 2);
  EXPECT_EQ(judgements[1].document, 12);
  EXPECT_EQ(judgements[1].code, -1);
}

TEST(Collection, SaysWhichLineIsWrong) {
  const auto error = [](const std::string& text) {
    return input_error([&] { static_cast<void>(parse_documents("c", text)); });
  };
  EXPECT_THAT(error(""), HasSubstr("c: has no document"));
  EXPECT_THAT(error("words\n"), HasSubstr("c:1: text outside of a part"));
  EXPECT_THAT(error(".W\n"), HasSubstr("c:1: '.W' stands before any document"));
  EXPECT_THAT(error(".I x\n"), HasSubstr("c:1: 'x' is not a number"));
  EXPECT_THAT(error(".I 99999999999\n"), HasSubstr("is not a number"));
  EXPECT_THAT(error(".I 1 2\n"), HasSubstr("c:1: '.I 1 2' goes on after its number"));
  EXPECT_THAT(error(".I 1\nwords\n"), HasSubstr("c:2: text outside of a part"));
  EXPECT_THAT(error(".I 1\n.W\nx\n.X\n"), HasSubstr("c:4: unknown part '.X'"));
  const auto judged = [](const std::string& text) {
    return input_error([&] { static_cast<void>(parse_judgements("j", text)); });
  };
  EXPECT_THAT(judged("\n"), HasSubstr("j: has no judgement"));
  EXPECT_THAT(judged("1 2 3\n1 2\n"), HasSubstr("j:2: '' is not a number (a line holds question, document and code)"));
  EXPECT_THAT(judged("1 2 3 4\n"), HasSubstr("j:1: the line goes on after three numbers"));
  EXPECT_THAT(judged("1 2x 3\n"), HasSubstr("j:1: '2x 3' is not a number"));
}

TEST(Collection, OpensPlainAndGzippedFilesAndSaysWhenTheyAreDamaged) {
  const Folder folder;
  folder.write("plain", good);
  EXPECT_EQ(open_documents(folder.path / "plain").size(), 2U);
  const std::string packed = (folder.path / "packed.gz").string();
  std::string long_text = good;
  Numbers numbers(1);
  for (int i = 0; i < 20000; ++i) long_text += std::to_string(numbers.bits()) + "\n";
  const gzFile file = gzopen(packed.c_str(), "wb");
  gzwrite(file, long_text.data(), static_cast<unsigned>(long_text.size()));
  gzclose(file);
  EXPECT_EQ(open_documents(packed)[1].text.size(), long_text.size() - long_text.find("heat") - 1);
  std::filesystem::resize_file(packed, std::filesystem::file_size(packed) / 2);
  EXPECT_THAT(input_error([&] { static_cast<void>(open_documents(packed)); }), HasSubstr("packed.gz: cannot be read"));
  EXPECT_THAT(input_error([&] { static_cast<void>(open_judgements(folder.path / "none")); }),
              HasSubstr("none: cannot be opened"));
}

}  // namespace
}  // namespace orrery::kernels::model
